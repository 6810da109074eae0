"""The daily round: days that are over are learned once, in order, as far as the time goes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from porchlight.domain.forecast.lives import Forecast, Route
from porchlight.domain.journal import JournalEntry
from porchlight.errors import TransientError
from porchlight.services.learn_dates import OLDEST_DAYS, Learner, Lesson
from tests.fakes import FakeBrands, FakeJournal, FakeLearned, FakeMetrics
from tests.unit.stories import brand

NOON = datetime(2026, 3, 10, 12, 10, tzinfo=UTC)
YESTERDAY = date(2026, 3, 9)
DAY = timedelta(days=1)
ROUTE = Route(carrier="ups", service="ground", origin="US-OR", destination="US-NY", prefix="100")


class Ports:
    def __init__(self, *brands: str) -> None:
        self.journal, self.learned, self.metrics = FakeJournal(), FakeLearned(), FakeMetrics()
        self.brands = FakeBrands(*(brand().model_copy(update={"brand_id": one}) for one in brands or ("larkspur",)))
        self.seconds = 0.0

    def learner(self) -> Learner:
        return Learner(self.journal, self.learned, self.brands, self.metrics, lambda: self.seconds)

    def run(self, now: datetime = NOON, seconds: float = 100) -> dict[str, Lesson]:
        return dict(self.learner().run(now, seconds))

    def write(self, through: date, days: int = 12, each: int = 20, brand: str = "larkspur") -> None:
        """Pages of parcels that leave on the day and arrive three days later, one of five a day late."""
        for back in range(days, -1, -1):
            day = through - back * DAY
            for number in range(each):
                placed, took = day, 3 if number % 5 else 4
                told = (
                    {"handed": placed},
                    {"handed": placed, "delivered": placed + took * DAY, "forecasts": foreseen(placed)},
                )
                for recorded, known in zip((day, day + took * DAY), told, strict=True):
                    if recorded <= through:
                        self.journal.put([self.entry(f"shp_{day}_{number}", recorded, placed, brand, **known)])

    @staticmethod
    def entry(shipment_id: str, recorded: date, placed: date, brand: str, **known: Any) -> JournalEntry:
        return JournalEntry(
            **{"brand": brand, "shipment_id": shipment_id, "version": recorded.toordinal(), "recorded_on": recorded},
            **{"route": ROUTE, "placed": placed, "promised": placed + 3 * DAY, **known},
        )

    def state(self, brand: str = "larkspur") -> tuple[bytes, str]:
        return self.learned.stored[brand]


def foreseen(placed: date) -> dict[str, Forecast]:
    days = {"p10": 2, "p50": 3, "p80": 3, "p90": 4}
    made = datetime(2026, 3, 1, tzinfo=UTC)
    return {
        moment: Forecast(moment=moment, made_at=made, version="x", **{one: placed + n * DAY for one, n in days.items()})
        for moment in ("purchase", "handover")
    }


@pytest.fixture
def ports() -> Ports:
    return Ports()


class TestDays:
    def test_it_begins_at_the_oldest_page_and_ends_with_yesterday(self, ports: Ports) -> None:
        ports.write(YESTERDAY + DAY)  # today's page is being written
        lesson = ports.run()["larkspur"]
        assert lesson == Lesson(days=12, entries=lesson.entries, through=YESTERDAY, behind=0)
        assert lesson.entries == sum(len(page) for page in ports.journal.pages.values()), "each page is read once"
        assert ports.learned.load("larkspur")[0].through == YESTERDAY

    def test_a_brand_without_any_news_has_a_model_from_the_first_run_on(self, ports: Ports) -> None:
        assert ports.run()["larkspur"] == Lesson(days=1, entries=0, through=YESTERDAY, behind=0)

    def test_pages_of_long_ago_are_not_looked_for(self, ports: Ports) -> None:
        ports.write(YESTERDAY - (OLDEST_DAYS + 1) * DAY, days=0)
        assert ports.run()["larkspur"].days == 1

    def test_the_next_run_learns_the_next_day_alone(self, ports: Ports) -> None:
        ports.write(YESTERDAY + DAY)
        ports.run()
        before = ports.state()
        assert ports.run(NOON + DAY)["larkspur"].days == 1
        assert ports.state() != before

    def test_the_same_run_again_changes_nothing(self, ports: Ports) -> None:
        ports.write(YESTERDAY)
        ports.run()
        before = ports.state()
        assert ports.run()["larkspur"].days == 0
        assert ports.state() == before

    @pytest.mark.parametrize(("minutes", "through"), [(-1, YESTERDAY - DAY), (0, YESTERDAY)])
    def test_a_day_is_over_when_it_is_over_everywhere(self, ports: Ports, minutes: int, through: date) -> None:
        noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
        assert ports.run(noon + timedelta(minutes=minutes))["larkspur"].through == through

    def test_news_of_an_evening_are_known_when_its_day_is_learned(self, ports: Ports) -> None:
        """Given a scan at 8 in the evening in Oregon, which is the next day in UTC, then its day is learned with it."""
        placed = YESTERDAY - 2 * DAY
        ports.journal.put([ports.entry("shp_1", placed, placed, "larkspur")])
        ports.journal.put([ports.entry("shp_1", YESTERDAY + DAY, placed, "larkspur", handed=YESTERDAY)])
        ports.run()
        plain = Ports()
        plain.journal.put([plain.entry("shp_1", placed, placed, "larkspur")])
        plain.journal.put([plain.entry("shp_1", YESTERDAY, placed, "larkspur", handed=YESTERDAY)])
        plain.run()
        assert ports.state() == plain.state()

    def test_what_comes_to_a_page_after_it_was_read_is_read_with_the_next_day(self, ports: Ports) -> None:
        ports.write(YESTERDAY, each=1)
        ports.run()
        lane = "ups|ground|US-OR|US-NY"
        before = ports.learned.calibration("larkspur").months["2026-03"][lane][0]
        new = ports.entry("shp_new", YESTERDAY + DAY, YESTERDAY + DAY, "larkspur", delivered=YESTERDAY + DAY)
        ports.journal.put([new])
        ports.run(NOON + DAY)
        assert ports.learned.calibration("larkspur").months["2026-03"][lane][0] == before + 1

    def test_days_without_news_are_closed_too(self, ports: Ports) -> None:
        ports.write(YESTERDAY - 5 * DAY)
        assert ports.run()["larkspur"].through == YESTERDAY


class TestTime:
    def test_what_the_time_does_not_reach_is_learned_by_the_next_run_to_the_same_end(self, ports: Ports) -> None:
        ports.write(YESTERDAY)
        whole = Ports()
        whole.write(YESTERDAY)
        whole.run()
        real = ports.journal.read

        def slow(brand: str, day: date) -> Iterator[JournalEntry]:
            ports.seconds += 1
            return real(brand, day)

        ports.journal.read = slow  # type: ignore[method-assign]
        lessons = []
        while not lessons or lessons[-1].behind:
            lessons.append(ports.run(seconds=54)["larkspur"])
        assert len(lessons) > 1
        assert sum(lesson.days for lesson in lessons) == 13
        assert [lesson.behind for lesson in lessons] == sorted((lesson.behind for lesson in lessons), reverse=True)
        assert ports.state() == whole.state()

    def test_each_run_learns_a_day_however_little_time_there_is(self, ports: Ports) -> None:
        ports.write(YESTERDAY)
        assert ports.run(seconds=0)["larkspur"].days == 1

    def test_a_brand_with_many_days_leaves_the_others_their_share(self) -> None:
        ports = Ports("a", "b")
        for one in ("a", "b"):
            ports.write(YESTERDAY, each=1, brand=one)
            ports.run(NOON - 12 * DAY)
        real = ports.journal.read

        def slow(brand: str, day: date) -> Iterator[JournalEntry]:
            ports.seconds += 1
            return real(brand, day)

        ports.journal.read = slow  # type: ignore[method-assign]
        lessons = ports.run(seconds=10)
        assert (lessons["a"].days, lessons["b"].days) == (4, 4)


class TestFailures:
    def test_killed_before_it_has_saved_it_learns_the_same_again(
        self, ports: Ports, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = Ports()
        for one in (ports, whole):
            one.write(YESTERDAY + DAY)
            one.run()

        def dies(*_: object) -> None:
            raise TransientError("killed")

        monkeypatch.setattr(ports.learned, "save", dies)
        with pytest.raises(TransientError):
            ports.run(NOON + DAY)
        monkeypatch.undo()
        ports.run(NOON + 2 * DAY)
        whole.run(NOON + DAY)
        whole.run(NOON + 2 * DAY)
        assert ports.state() == whole.state()

    def test_a_brand_that_fails_holds_up_no_other_and_is_reported(self) -> None:
        ports = Ports("a", "b", "c")
        ports.learned.fails["b"] = ValueError("not a book")
        done = []
        with pytest.raises(ValueError, match="not a book"):
            done += [name for name, _ in ports.learner().run(NOON, 100)]
        assert set(ports.learned.stored) == {"a", "c"}


class TestWhatIsTold:
    def test_gauges_of_each_brand(self, ports: Ports) -> None:
        """Given four of five parcels on the promised third day, and the fifth a day later."""
        ports.write(YESTERDAY, days=24)
        ports.run()
        kept = ports.metrics.total
        assert kept("PromiseKept", brand="larkspur") == pytest.approx(81, abs=2)
        assert kept("ForecastKept", brand="larkspur", moment="purchase", level="p80") == pytest.approx(81, abs=2)
        assert kept("ForecastKept", brand="larkspur", moment="handover", level="p90") == 100
        assert kept("CalibrationDrift", brand="larkspur") == 0

    def test_drift_is_told_once_there_are_enough(self, ports: Ports) -> None:
        """Given 200 parcels that came days after all that was said of them."""
        ports.journal.put(self.late(ports, 199))
        ports.run()
        assert ports.metrics.counts["CalibrationDrift", (("brand", "larkspur"),)] == 0
        assert ports.metrics.counts["PromiseKept", (("brand", "larkspur"),)] == 0
        others = Ports()
        others.journal.put(self.late(others, 200))
        others.run()
        assert others.metrics.total("CalibrationDrift", brand="larkspur") == 1

    @pytest.mark.parametrize(("took", "drifts"), [(3, 0), (2, 1)])
    def test_dates_are_too_wide_only_where_an_earlier_day_would_have_done(
        self, ports: Ports, took: int, drifts: int
    ) -> None:
        """Given a lane on which all come on the third day: to say so is honest, though more than 80 of 100 keep it."""
        entries = self.late(ports, 200)
        came = entries[0].placed + took * DAY
        ports.journal.put([one.model_copy(update={"delivered": came}) for one in entries])
        ports.run()
        assert ports.metrics.total("ForecastKept", brand="larkspur", moment="purchase", level="p80") == 100
        assert ports.metrics.counts["CalibrationDrift", (("brand", "larkspur"),)] == drifts

    @staticmethod
    def late(ports: Ports, count: int) -> list[JournalEntry]:
        placed = YESTERDAY - 8 * DAY
        known = {"handed": placed, "delivered": YESTERDAY, "forecasts": foreseen(placed)}
        return [ports.entry(f"shp_{number}", YESTERDAY, placed, "larkspur", **known) for number in range(count)]

    def test_rates_of_nothing_are_not_told_and_of_nought_are(self, ports: Ports) -> None:
        ports.run()
        assert {name for name, _ in ports.metrics.counts} == {"CalibrationDrift"}
        others = Ports()
        others.journal.put(self.late(others, 5))
        others.run()
        assert others.metrics.counts.get(("PromiseKept", (("brand", "larkspur"),))) == 0
        assert {name for name, _ in others.metrics.counts} == {"CalibrationDrift", "PromiseKept", "ForecastKept"}
