"""Where the way to the withdrawal stands: on the order's page and in its emails, for as long as the right is open."""

import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Destination
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.return_events import return_changes
from porchlight.domain.rma.names import ReturnKind
from porchlight.reaching import EmailContent
from porchlight.services.compose import Composer
from porchlight.services.experiments import Laboratory
from porchlight.services.pages import TrackingPage
from porchlight.services.withdrawal_right import is_open
from tests.fakes import FakeBrands, FakeCases
from tests.fakes_reaching import FakeExperiments
from tests.fakes_returning import FakeLaws
from tests.packs import repository_pack
from tests.unit.stories import DAY, NOW, after, brand, order, parcel, scan, wanted
from tests.unit.test_messages_services import World
from tests.unit.withdrawing import EU, ZONE, Shop

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))


GERMANY = Destination(country="DE", zone=ZONE)
LAST = datetime(2026, 3, 16, 22, 59, 59, tzinfo=NOW.tzinfo)
"""The last second of 16 March in Berlin: the fourteenth day after a delivery on 2 March."""


def holding(fulfilment: str = "f", **lines: int) -> dict[str, Packing]:
    """What one fulfilment put into a parcel."""
    found = tuple(ParcelLine(line_id=line, quantity=count) for line, count in lines.items())
    return {fulfilment: Packing(lines=found, as_of=NOW)}


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


class TestRight:
    @pytest.mark.parametrize(("now", "opened"), [(NOW, True), (LAST, True), (LAST + timedelta(seconds=1), False)])
    def test_to_the_end_of_the_last_day_at_the_destination(self, now: datetime, opened: bool) -> None:
        arrived = after(parcel(zone=ZONE), [scan(Milestone.DELIVERED, NOW)])
        assert is_open(FakeLaws(EU), brand(), order(destination=GERMANY), [arrived], now) is opened

    def test_while_something_is_still_to_come_or_nobody_looked(self) -> None:
        late = NOW + 100 * DAY
        arrived = after(parcel(zone=ZONE), [scan(Milestone.DELIVERED, NOW)])
        other = after(parcel(shipment_id="shp_2"), [scan(Milestone.IN_TRANSIT, NOW)])
        for parcels in ([], [other], [arrived, other], None):
            assert is_open(FakeLaws(EU), brand(), order(destination=GERMANY), parcels, late)

    def test_while_something_is_in_no_parcel_yet(self) -> None:
        # Given that the shirts have come, and the hat has not left
        late = NOW + 30 * DAY
        shirts, whole = (
            after(parcel(zone=ZONE, packed=holding(**lines)), [scan(Milestone.DELIVERED, NOW)])
            for lines in ({"shirt": 2}, {"shirt": 2, "hat": 1})
        )
        one = order(destination=GERMANY)
        assert is_open(FakeLaws(EU), brand(), one, [shirts], late)
        # When it left too, with a parcel or without a number, or never will
        assert not is_open(FakeLaws(EU), brand(), one, [whole], late)
        assert not is_open(FakeLaws(EU), brand(), one, [shirts], late, holding("g", hat=1))
        assert not is_open(FakeLaws(EU), brand(), one.model_copy(update={"cancelled_at": NOW}), [shirts], late)

    @pytest.mark.parametrize("update", [{"channel": "store"}, {"cancelled_at": NOW}])
    def test_not_for_what_is_no_contract_at_a_distance(self, update: dict[str, Any]) -> None:
        assert not is_open(FakeLaws(EU), brand(), order(destination=GERMANY, **update), [], NOW)

    def test_not_where_the_law_knows_none(self) -> None:
        assert not is_open(FakeLaws(StatutoryProfile(country="US")), brand(), order(), [], NOW)


def test_the_tracking_page_leads_there_until_then(pack: BrandPack) -> None:
    shop = Shop(pack)
    page = TrackingPage(
        *(shop.orders, shop.shipments, shop.returns, FakeCases(), FakeBrands(shop.brand), PackRenderer(pack)),
        *(shop.links, shop.metrics, shop.profiles, Laboratory(FakeExperiments(), shop.profiles), shop.laws),
    )
    links = shop.links.of_order(shop.brand, shop.order)
    for now, shown in ((NOW + DAY, True), (LAST, True), (LAST + DAY, False)):
        html = page.show(links["tracking"].rpartition("/")[2], now).html
        assert (links["withdraw"] in html) is shown
        assert ("Withdraw from contract here" in html) is shown


@pytest.mark.parametrize(("profile", "shown"), [(EU, True), (StatutoryProfile(country="US"), False)])
def test_emails_about_the_order_lead_there(pack: BrandPack, profile: StatutoryProfile, shown: bool) -> None:
    world = World()
    old: Composer = world.sender.composer
    made = Composer(PackRenderer(pack), old.links, old.blocks, FakeLaws(profile))
    world.sender = replace(world.sender, composer=made)
    (reference,) = world.plan()
    assert world.send(reference) == "sent"
    (mail,) = world.email.sent
    assert isinstance(mail.content, EmailContent)
    for part in (mail.content.text, mail.content.html):
        assert ("https://track.example/withdraw/" in part) is shown
        assert ("Withdraw from contract here" in part) is shown


def test_what_came_otherwise_is_acknowledged_by_the_message_and_the_page_by_itself() -> None:
    told = {
        source: return_changes(None, wanted(kind=ReturnKind.WITHDRAWAL, source=source))[0].moment
        for source in ("api", "portal", "withdrawal")
    }
    assert told == {"api": Moment.WITHDRAWAL_RECEIVED, "portal": Moment.WITHDRAWAL_RECEIVED, "withdrawal": None}
    assert return_changes(None, wanted())[0].moment is None
