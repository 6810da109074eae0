"""Our own dates learn by themselves: what arrives today is in model and calibration once its day is over everywhere."""

import json

from porchlight.domain.dates import local_day
from tests.e2e.world import FJORDHUS, LARKSPUR, ONLY_ASKS, World


def test_what_arrived_is_learned_at_noon_and_counted_once(world: World) -> None:
    # Given a parcel that arrived today
    order = world.delivered()
    brand, shipment = order.brand, world.shipment(order)
    assert shipment
    day = local_day(world.ago(hours=1), shipment.zone)
    assert brand == LARKSPUR
    noon = world.now().replace(hour=12, minute=11, second=0)

    # When the day is over everywhere, then it is learned without anybody's doing
    travelled = (noon - world.now()).total_seconds() + 2 * 86400
    world.travel(seconds=travelled)
    state = f"dates/{brand}/state.json.gz"

    def is_learned() -> bool:
        through = world.app.learned.load(brand)[0].through if state in world.objects() else None
        return bool(through and through >= day)

    world.awaited(is_learned, "the day was learned", within=90)
    learned, counted = world.app.learned.load(brand)
    assert any(name.startswith(f"dates/{brand}/models/{brand}-") for name in world.objects())

    # And it is counted once, however often it is learned again
    before = counted.months[f"{day:%Y-%m}"]
    again = world.porchlight("dates", "learn", "--json")
    assert again.returncode == 0, again.stderr
    runs = {run["brand"]: run for run in json.loads(again.stdout)["brands"]}
    assert set(runs) == {LARKSPUR, FJORDHUS}
    assert runs[brand]["behind"] == 0
    assert world.app.learned.load(brand)[1].months[f"{day:%Y-%m}"] == before
    assert sum(sums[0] for sums in before.values()) >= 1

    # And the brand may ask how dates were kept, nobody else
    answer = world.api(brand, "GET", "/v1/calibration")
    assert answer.status == 200
    told = json.loads(answer.body)
    assert told["brand"] == brand
    assert told["model"].startswith(f"{brand}-{learned.through}-")
    lanes = [lane for month in told["months"] for carrier in month["carriers"] for lane in carrier["lanes"]]
    assert sum(lane["parcels"] for lane in lanes) >= 1
    others = world.api(ONLY_ASKS, "GET", "/v1/calibration")
    assert others.status == 403
    assert world.counted("CalibrationDrift", brand=brand) == 0
    assert not [line for line in world.troubles() if "learn_dates" in line]
