"""How dates were kept: each parcel counted once, whatever is said of it again, in whatever order."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain import calibration as module
from porchlight.domain.calibration import EARLY, KEPT_DAYS, MEASURES, Calibration, report
from porchlight.domain.forecast.lives import Forecast, Route
from porchlight.domain.journal import JournalEntry
from porchlight.services.learn_dates import has_drifted

TODAY = date(2026, 3, 10)
LANE = "ups|ground|US-OR|US-NY"
ROUTE = Route(carrier="ups", service="ground", origin="US-OR", destination="US-NY")


def forecast(moment: str, p50: date, p80: date, p90: date) -> Forecast:
    made = datetime(2026, 3, 1, tzinfo=UTC)
    return Forecast(moment=moment, p10=p50, p50=p50, p80=p80, p90=p90, made_at=made, version="x")


TOLD = {
    "purchase": forecast("purchase", date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 9)),
    "handover": forecast("handover", date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 10)),
}


def entry(shipment_id: str = "shp_1", delivered: date | None = date(2026, 3, 6), **update: Any) -> JournalEntry:
    values: dict[str, Any] = {
        **{"brand": "larkspur", "shipment_id": shipment_id, "version": 1, "recorded_on": TODAY, "route": ROUTE},
        **{"placed": date(2026, 3, 2), "promised": date(2026, 3, 9), "first_promised": date(2026, 3, 5)},
        **{"delivered": delivered, "estimated": date(2026, 3, 6), "forecasts": TOLD if delivered else {}},
    }
    return JournalEntry(**{**values, **update})


def counted(*entries: JournalEntry, day: date = TODAY) -> Calibration:
    found = Calibration()
    for one in entries:
        found.count(one)
    found.close(day)
    return again(found)


def again(calibration: Calibration) -> Calibration:
    """As the next night finds it."""
    return Calibration.model_validate_json(calibration.model_dump_json(exclude_defaults=True))


def sums(calibration: Calibration, month: str = "2026-03", lane: str = LANE) -> dict[str, int]:
    return dict(zip(MEASURES, calibration.months[month][lane], strict=True))


NOTHING = dict.fromkeys(MEASURES, 0)


class TestCounting:
    def test_each_word_is_held_against_the_day_of_delivery(self) -> None:
        """Given a delivery on Friday the 6th: after the order's P50, on its P80; the first promise was the 5th."""
        assert sums(counted(entry())) == {
            **{"parcels": 1, "purchase": 1, "purchase_p50": 0, "purchase_p80": 1, "purchase_p90": 1},
            **{"handover": 1, "handover_p50": 1, "handover_p80": 1, "handover_p90": 1},
            **{"promise": 1, "promise_kept": 0, "estimate": 1, "estimate_kept": 1},
        }

    def test_what_was_not_said_is_not_counted(self) -> None:
        bare = entry(forecasts={}, promised=None, first_promised=None, estimated=None)
        assert sums(counted(bare)) == {**NOTHING, "parcels": 1}

    def test_what_no_history_stands_behind_is_not_counted(self) -> None:
        cold = {"purchase": TOLD["purchase"].model_copy(update={"reasons": ("cold_start", "thin_lane")})}
        assert sums(counted(entry(forecasts={**TOLD, **cold})))["purchase"] == 0
        thin = {"purchase": TOLD["purchase"].model_copy(update={"reasons": ("thin_lane",)})}
        assert sums(counted(entry(forecasts=thin)))["purchase"] == 1

    def test_without_a_first_promise_the_one_in_force_counts(self) -> None:
        assert sums(counted(entry(first_promised=None)))["promise_kept"] == 1

    def test_the_month_is_that_of_the_delivery(self) -> None:
        assert set(counted(entry(delivered=date(2026, 2, 28)), entry("shp_2")).months) == {"2026-02", "2026-03"}

    def test_what_is_on_its_way_or_lost_is_not_counted(self) -> None:
        assert counted(entry(delivered=None), entry("shp_2", None, ended=True)).months == {}

    def test_words_of_the_shop_with_our_mark_in_them_are_one_lane_all_the_same(self) -> None:
        found = counted(entry(route=ROUTE.model_copy(update={"service": "a|b"})))
        (lane,) = report("larkspur", found, TODAY)["months"][0]["carriers"][0]["lanes"]
        assert (lane["service"], lane["destination"]) == ("a/b", "US-NY")


class TestOnce:
    def test_the_same_again_tonight_or_another_night(self) -> None:
        once = counted(entry())
        twice = counted(entry(), entry(version=2))
        assert sums(twice) == sums(once)
        twice.count(entry(version=3))
        twice.close(TODAY + timedelta(days=1))
        assert sums(twice) == sums(once)

    def test_a_delivery_that_is_taken_back_and_comes_on_another_day(self) -> None:
        found = counted(entry())
        found.count(entry(delivered=None, version=2))
        found.close(TODAY + timedelta(days=1))
        assert found.months == {"2026-03": {}}
        found = again(found)
        found.count(entry(delivered=date(2026, 3, 11), version=3))
        assert (sums(found)["parcels"], sums(found)["purchase_p90"]) == (1, 0)

    def test_a_delivery_that_moves_to_another_month_or_lane(self) -> None:
        found = counted(entry())
        found.count(entry(delivered=date(2026, 2, 28), route=ROUTE.model_copy(update={"destination": "US-CA"})))
        assert found.months == {"2026-03": {}, "2026-02": {"ups|ground|US-OR|US-CA": [1] * len(MEASURES)}}

    def test_an_estimate_that_was_counted_stays_where_it_is_not_repeated(self) -> None:
        found = counted(entry())
        found.count(entry(estimated=None, version=2))
        assert (sums(found)["estimate"], sums(found)["estimate_kept"]) == (1, 1)

    def test_after_two_months_nothing_is_counted_again(self) -> None:
        """Given a parcel that nobody remembers, when old news of it come again, then its month stays as it is."""
        found = counted(entry())
        later = TODAY + timedelta(days=KEPT_DAYS + 1)
        found.close(later)
        found = again(found)
        found.count(entry(version=2, recorded_on=later))
        found.close(later)
        assert sums(found)["parcels"] == 1
        assert not found.counted

    @given(st.data())
    def test_any_order_of_nights_and_any_repetition_ends_in_the_same(self, data: st.DataObject) -> None:
        days = st.one_of(st.none(), st.dates(date(2026, 2, 20), date(2026, 3, 10)))
        last = data.draw(st.dictionaries(st.integers(0, 6).map("shp_{}".format), days, max_size=6))
        found = Calibration()
        for shipment_id in data.draw(st.lists(st.sampled_from(sorted(last)), max_size=12)) if last else ():
            found.count(entry(shipment_id, data.draw(days)))
            if data.draw(st.booleans()):
                found.close(TODAY)
                found = again(found)
        for shipment_id, day in last.items():
            found.count(entry(shipment_id, day))
        found.close(TODAY)
        plain = counted(*(entry(shipment_id, day) for shipment_id, day in last.items()))
        assert {month: lanes for month, lanes in found.months.items() if lanes} == plain.months
        assert found.recent(60) == plain.recent(60)


class TestBounds:
    def test_thirteen_months_are_kept(self) -> None:
        found = Calibration()
        for number in range(15):
            month = date(2025 + number // 12, number % 12 + 1, 15)
            found.count(entry(f"shp_{number}", month, recorded_on=month))
            found.close(month)
        assert list(found.months) == [f"2025-{month:02}" for month in range(3, 13)] + ["2026-01", "2026-02", "2026-03"]

    def test_rare_lanes_are_put_together_and_can_still_be_taken_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MOST_LANES", 2)

        def parcel(number: int, lane: int, delivered: date | None = date(2026, 3, 6)) -> JournalEntry:
            return entry(f"shp_{number}", delivered, route=ROUTE.model_copy(update={"destination": f"US-{lane}"}))

        found = counted(*(parcel(number, lane) for number, lane in enumerate((1, 1, 1, 2, 2, 3, 4))))
        parcels = {lane: row[0] for lane, row in found.months["2026-03"].items()}
        assert parcels == {"ups|ground|US-OR|US-1": 3, "ups|ground|US-OR|US-2": 2, "ups|other||": 2}
        found.count(parcel(5, 3, None))
        found.count(parcel(8, 4))
        found.close(TODAY)
        assert found.months["2026-03"]["ups|other||"][0] == 2
        found.count(parcel(6, 4, None))
        found.count(parcel(8, 4, None))
        found.close(TODAY)
        assert set(found.months["2026-03"]) == {"ups|ground|US-OR|US-1", "ups|ground|US-OR|US-2"}

    def test_a_parcel_takes_few_bytes(self) -> None:
        found = counted(*(entry(f"shp_{number}") for number in range(1_000)))
        assert len(found.model_dump_json(exclude_defaults=True)) < 14_000

    def test_what_is_published_has_no_parcels(self) -> None:
        published = counted(entry()).published()
        assert published.months == counted(entry()).months
        assert again(published).counted == {}


class TestRecent:
    def test_the_last_days_alone(self) -> None:
        days = (TODAY, TODAY - timedelta(days=27), TODAY - timedelta(days=28))
        found = counted(*(entry(f"shp_{number}", day) for number, day in enumerate(days)))
        assert found.recent(28)["parcels"] == 2
        assert Calibration().recent(28) == dict.fromkeys(MEASURES + EARLY, 0)

    @staticmethod
    def of(moment: str, n: int, kept: int, early: int) -> dict[str, int]:
        return {**dict.fromkeys(MEASURES + EARLY, 0), moment: n, f"{moment}_p80": kept, f"{moment}_early": early}

    @pytest.mark.parametrize("moment", ["purchase", "handover"])
    @pytest.mark.parametrize(
        ("n", "kept", "early", "drifted"),
        [
            *((200, kept, 80, drifted) for kept, drifted in ((160, False), (140, False), (139, True), (200, False))),
            *((200, 190, early, drifted) for early, drifted in ((180, False), (181, True))),
            (199, 0, 0, False),
            (199, 199, 199, False),
        ],
    )
    def test_drift_is_far_from_eighty_and_of_enough_parcels(
        self, moment: str, n: int, kept: int, early: int, drifted: bool
    ) -> None:
        assert has_drifted(self.of(moment, n, kept, early)) == drifted


class TestReport:
    def entries(self) -> Sequence[JournalEntry]:
        dhl = Route(carrier="dhl_express", service="express", origin="DE", destination="NO")
        return [
            *(entry(f"shp_{number}", date(2026, 3, 5 + number % 3)) for number in range(9)),
            entry("shp_a", date(2026, 3, 12), route=ROUTE.model_copy(update={"destination": "US-CA"})),
            entry("shp_b", date(2026, 3, 10), route=dhl, forecasts={}),
            entry("shp_c", date(2026, 2, 27), route=dhl),
        ]

    def test_this_month_and_last_by_carrier_and_lane_the_most_first(self) -> None:
        found = counted(*self.entries())
        found.version = "larkspur-2026-03-10-4f1c"
        told = report("larkspur", found, TODAY)
        assert (told["brand"], told["through"], told["model"]) == ("larkspur", "2026-03-10", found.version)
        march, february = told["months"]
        assert (march["month"], february["month"]) == ("2026-03", "2026-02")
        assert (march["parcels"], february["parcels"]) == (11, 1)
        assert march["purchase"] == {"n": 10, "p50": 0.3, "p80": 0.6, "p90": 0.9}
        assert march["promise"] == {"n": 11, "kept": round(3 / 11, 4)}
        assert [one["carrier"] for one in march["carriers"]] == ["ups", "dhl_express"]
        ups, dhl = march["carriers"]
        assert ups["parcels"] == sum(lane["parcels"] for lane in ups["lanes"]) == 10
        assert [lane["destination"] for lane in ups["lanes"]] == ["US-NY", "US-CA"]
        assert dhl["purchase"] == {"n": 0, "p50": None, "p80": None, "p90": None}, "of nothing there is no rate"
        assert (dhl["lanes"][0]["origin"], dhl["lanes"][0]["service"]) == ("DE", "express")

    def test_before_the_first_night_and_in_january(self) -> None:
        told = report("larkspur", Calibration(), date(2027, 1, 1))
        assert [month["month"] for month in told["months"]] == ["2027-01", "2026-12"]
        assert (told["through"], told["model"], told["months"][0]["carriers"]) == (None, None, [])
