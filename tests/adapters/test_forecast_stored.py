"""A forecast as it is stored: short, and read in either form."""

from datetime import date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from porchlight.adapters.dynamodb.table import item, load
from porchlight.domain.forecast.lives import Forecast
from porchlight.domain.shipments import Shipment
from tests.unit.stories import NOW, ZONE, parcel

DAYS = st.dates(date(2020, 1, 1), date(2099, 1, 1))
WORDS = st.sampled_from(["thin_lane", "volatile", "address_imprecise", "cold_start", "surge"])


@st.composite
def forecasts(draw: st.DrawFn) -> Forecast:
    p10, p50, p80, p90 = (draw(DAYS) for _ in range(4))
    offset = timezone(timedelta(minutes=draw(st.integers(-720, 840))))
    return Forecast(
        moment=draw(st.sampled_from(["purchase", "handover", "in_flight"])),
        **{"p10": p10, "p50": p50, "p80": p80, "p90": p90},
        zone=draw(st.none() | st.just(ZONE)),
        made_at=draw(st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(offset))),  # noqa: DTZ001
        version=draw(st.sampled_from(["larkspur-2026-03-07-4f1c", "estimate", "service-level", ""])),
        reasons=tuple(draw(st.lists(WORDS, max_size=3))),
    )


@given(forecasts(), forecasts())
def test_it_is_read_as_it_was_written(one: Forecast, other: Forecast) -> None:
    shipment = parcel(forecast=one, forecasts={"purchase": other, "handover": one})
    stored = item("pk", "sk", "shipment", shipment)
    assert load(Shipment, stored) == shipment
    written_out = {**stored, "data": {"S": shipment.model_dump_json(exclude_defaults=True)}}
    assert load(Shipment, written_out) == shipment


def test_three_of_them_leave_room_for_a_parcel_in_one_unit() -> None:
    days = {"p10": date(2026, 3, 4), "p50": date(2026, 3, 5), "p80": date(2026, 3, 6), "p90": date(2026, 3, 9)}
    one = Forecast(moment="in_flight", **days, zone=ZONE, made_at=NOW, version="larkspur-2026-03-07-4f1c")
    with_them = parcel(forecast=one, forecasts={"purchase": one, "handover": one})
    grown = len(item("pk", "sk", "s", with_them)["data"]["S"]) - len(item("pk", "sk", "s", parcel())["data"]["S"])
    assert grown < 360
    assert "p10" in with_them.model_dump_json(), "what is shown to people is written out"
