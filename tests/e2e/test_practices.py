"""What brands are known for, by the shipped policy, deployed to a shop that is open: one return for each practice. And
what a shopper gets by law, in exchange, repaired, as a gift, and after somebody has had doubts.
"""

import itertools
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from subprocess import run
from typing import Any
from urllib.parse import urlencode

import pytest

from local.cloud.deploy import deploy
from local.demo.refund_desk import RefundDesk
from local.inbox import Email
from local.running import ARCHITECTURE, BUILD, ROOT
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from tests.e2e.world import LARKSPUR, Purchase, World

SHIPPED = ROOT / "brand" / "default" / "policies" / "returns.yaml"


def update(world: World, build: Path) -> None:
    """Deploy a build over the stack."""
    parameters = {
        "Target": "local",
        "Stage": world.running.stack.stage,
        "Arch": ARCHITECTURE,
        "PublicUrl": world.front.url,
        "RefundUrl": f"{world.front.url}{RefundDesk.PREFIX}",
    }
    deploy(world.running.cloud.endpoint, world.running.stack.name, build, parameters)


@dataclass
class Shop:
    """A shop in the United States under the shipped policy, and a return that was asked for under the one before."""

    world: World
    earlier: Purchase
    earlier_return: dict[str, Any]
    count: Iterator[int] = field(default_factory=itertools.count)

    def order(
        self,
        *,
        ago: float = 3,
        tier: str = "",
        prices: Sequence[str] = ("80.00",),
        by: Purchase | None = None,
        **more: Any,
    ) -> Purchase:
        """Put an order that was delivered so many days ago. ``more`` goes into each line, ``order`` into the order."""
        world, at = self.world, self.world.ago(days=ago)
        lines = [(f"Thing number {n}", price) for n, price in enumerate(prices)]
        order = world.order(via="easypost", lines=lines, placed_at=at - timedelta(days=3))
        who = by or order
        body: dict[str, Any] = {
            "number": order.number,
            "placed_at": order.placed_at.isoformat(),
            "currency": "USD",
            "total": f"{sum(float(price) for price in prices):.2f}",
            "lines": [
                {"id": line_id, "title": title, "quantity": 1, "unit_price": price, "sku": f"SKU-{n}"}
                | more.get("line", {})
                for n, (line_id, (title, price)) in enumerate(zip(order.line_ids, order.lines, strict=True))
            ],
            "shopper": {"name": who.name, "email": who.email, "language": "en"},
            "destination": {"country": "US", "region": "OR", "postal_prefix": "972", "zone": "America/Los_Angeles"},
            "parcels": [
                {
                    "carrier": "fedex",
                    "tracking_number": order.parcel,
                    "shipped_at": (at - timedelta(days=2)).isoformat(),
                }
            ],
        }
        body |= {"tier": tier} if tier else {}
        answer = world.api(LARKSPUR, "PUT", f"/v1/orders/{order.external_id}", body | more.get("order", {}))
        assert answer.status == 200, answer.body
        if ago > 0:
            world.scan(order, "accepted", "delivered", at=at)
        return order

    def arrived(self, *orders: Purchase) -> None:
        """Wait until the carrier's news is in."""
        for order in orders:
            self.world.await_shipment(order, lambda parcel: parcel.milestone is Milestone.DELIVERED, "it was delivered")

    def ask(self, order: Purchase, *lines: int, reason: str = "changed_mind", **more: Any) -> str:
        """Ask for a return; its id."""
        wanted = [
            {"line_id": order.line_ids[n], "quantity": 1, "reason": reason} | more.get("line", {})
            for n in lines or (0,)
        ]
        body = {"order": str(order.external_id), "lines": wanted} | {k: v for k, v in more.items() if k != "line"}
        key = f"practice-{order.external_id}-{next(self.count)}"
        answer = self.world.api(LARKSPUR, "POST", "/v1/returns", body, idempotency_key=key)
        assert answer.status == 202, answer.body
        return str(answer.json()["return_id"])

    def shown(self, order: Purchase, return_id: str, *states: str) -> dict[str, Any]:
        """The return, once it is in one of these states."""

        def look() -> dict[str, Any]:
            found = self.world.look_at(LARKSPUR, return_id)
            return found if found["state"] in states else {}

        try:
            return self.world.awaited(look, f"the return is {' or '.join(states)}", order)
        except AssertionError as error:
            is_there = self.world.look_at(LARKSPUR, return_id)
            known = {name: is_there[name] for name in ("state", "terms", "risk", "review", "settlements", "failure")}
            rules = [(one["outcome"], one["rule"], one["decided_at"]) for one in is_there["decisions"]]
            raise AssertionError(f"{error}\n{known}\n{rules}") from None

    def goods(self, return_id: str, what: str, body: dict[str, Any]) -> None:
        """The warehouse says something."""
        answer = self.world.api(LARKSPUR, "POST", f"/v1/returns/{return_id}/{what}", body)
        assert answer.status == 200, answer.body


@pytest.fixture(scope="module")
def shop(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shipped policy is deployed while a return is under way; its holiday is the one that is now."""
    earlier = world.delivered()
    found = world.await_return(earlier, world.returned(earlier), "approved")
    folder = tmp_path_factory.mktemp("practices")
    brand, build = folder / "brand", folder / ".aws-sam" / "build"
    shutil.copytree(ROOT / "brand", brand)
    today = world.now().date()
    text = SHIPPED.read_text(encoding="utf-8").replace("default-returns-", "practices-")
    days = f"since: {today - timedelta(days=80)}, until: {today - timedelta(days=60)}"
    text, changed = re.subn(r"since: \S+, until: \d{4}-\d\d-\d\d", days, text)
    text, also = re.subn(r"at_least_until: \d{4}-\d\d-\d\d", f"at_least_until: {today + timedelta(days=30)}", text)
    assert changed == also == 1
    (brand / LARKSPUR / "policies" / "returns.yaml").write_text(text, encoding="utf-8")
    shutil.copytree(BUILD, build)
    (folder / "statemachines").symlink_to(ROOT / "statemachines")
    pack = [sys.executable, str(ROOT / "layers" / "brand" / "build.py"), str(build / "BrandLayer" / "python")]
    made = run([*pack, "--source", str(brand)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    update(world, build)
    yield Shop(world, earlier, found)
    update(world, BUILD)


def test_a_return_keeps_the_policy_that_it_was_asked_for_under(shop: Shop) -> None:
    assert shop.earlier_return["decisions"][0]["policy_version"].startswith("larkspur-returns-")
    shop.world.scan_label(shop.earlier, shop.earlier_return)
    shown = shop.world.await_return(shop.earlier, shop.earlier_return["return_id"], "refunded")
    assert shown["terms"]["policy_version"] == shop.earlier_return["terms"]["policy_version"]
    assert shown["terms"]["refund_on"] == "first_scan"


def test_windows_fees_and_tiers(shop: Shop) -> None:
    # Given orders that arrived at different times, of customers of different tiers
    early, late, over = shop.order(ago=5), shop.order(ago=20), shop.order(ago=45)
    elite, top = shop.order(ago=45, tier="elite"), shop.order(ago=5, tier="top", prices=("60.00",))
    holiday = shop.order(ago=62)
    shop.arrived(early, late, over, elite, top, holiday)
    asked = {order.number: shop.ask(order) for order in (early, late, over, elite, top, holiday)}
    # Then: free within 14 days
    shown = shop.shown(early, asked[early.number], "approved")
    assert (shown["refund_amount"]["amount"], shown["terms"].get("fee")) == (8000, None)
    # Then a fee
    shown = shop.shown(late, asked[late.number], "approved")
    assert shown["refund_amount"]["amount"] == 8000 - 995
    assert shown["terms"]["rules"]["fee"] == "fee_after_14_days"
    assert shown["parts"]["fee"] == -995
    # Over after 30 days, but not for the elite tier, nor for what was bought for the holidays
    shown = shop.shown(over, asked[over.number], "refused")
    assert shown["problem"].endswith("/return-window-closed")
    for order, rule in ((elite, "elite_window"), (holiday, "holiday_2026")):
        shown = shop.shown(order, asked[order.number], "approved")
        assert shown["terms"]["rules"]["window"] == rule
    # The best customers have their money at once, and a scan that comes later moves none
    shown = shop.shown(top, asked[top.number], "refunded")
    assert (shown["scanned_at"], shown["label"]["tracking_number"][:3]) == (None, "PLR")
    shop.world.scan_label(top, shown)
    shop.world.awaited(
        lambda: shop.world.look_at(LARKSPUR, asked[top.number])["scanned_at"], "the scan is recorded", top
    )
    shop.world.quiet()
    assert [paid.amount_minor for paid in shop.world.paid(top)] == [6000]
    # Everybody else with the carrier's first scan
    shop.world.scan_label(late, shop.shown(late, asked[late.number], "approved"))
    shop.shown(late, asked[late.number], "refunded")
    assert [paid.amount_minor for paid in shop.world.paid(late)] == [7005]


def test_what_is_not_taken_back_and_what_is_for_credit_or_kept(shop: Shop) -> None:
    final, danger = shop.order(line={"final_sale": True}), shop.order(line={"hazmat": True})
    reduced = shop.order(line={"list_price": "120.00"})
    cheap, limited = shop.order(prices=("12.00",)), shop.order(prices=("20.00", "21.00", "22.00", "23.00"))
    shop.arrived(final, danger, reduced, cheap, limited)
    for order, why in ((final, "final-sale"), (danger, "hazmat")):
        assert shop.shown(order, shop.ask(order), "refused")["problem"].endswith(f"/return-{why}")
    # Markdowns: no money, but credit
    assert shop.shown(reduced, shop.ask(reduced, resolution="refund"), "refused")["problem"].endswith(
        "no-such-resolution"
    )
    credited = shop.ask(reduced, resolution="store_credit")
    shop.world.scan_label(reduced, shop.shown(reduced, credited, "approved"))
    shown = shop.shown(reduced, credited, "credited")
    assert (shown["refund_amount"]["amount"], shown["parts"]["bonus"]) == (8000, 0)
    assert shop.world.paid(reduced) == []
    assert [done.data["amount"] for done in shop.world.refunds.done.values() if done.kind == "credit.requested"][
        -1
    ] == 8000
    # What costs little is kept, and paid back at once
    shown = shop.shown(cheap, shop.ask(cheap), "refunded")
    assert (shown["method"], shown["label"]) == ("keep", None)
    assert [paid.amount_minor for paid in shop.world.paid(cheap)] == [1200]
    # An order goes back in three parts at most
    for line in range(3):
        shop.shown(limited, shop.ask(limited, line), "approved", "refunded")
    assert shop.shown(limited, shop.ask(limited, 3), "refused")["problem"].endswith("/return-too-many-returns")


def test_somebody_who_sends_nearly_all_back_meets_a_person(shop: Shop) -> None:
    # Given a customer with eleven orders, of which seven went back
    world = shop.world
    first = shop.order(prices=("40.00",))
    orders = [first, *(shop.order(prices=("40.00",), by=first) for _ in range(10))]
    shop.arrived(*orders)
    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(shop.ask, orders[:7]))
    for order, return_id in zip(orders, asked, strict=False):
        shown = shop.shown(order, return_id, "approved", "in_review")
        if shown["state"] == "approved":
            world.scan_label(order, shown)
            # Doubts grow with each: from some point on the money waits for the goods
            careful = shown["terms"]["refund_on"] != "first_scan"
            shop.shown(order, return_id, "in_transit" if careful else "refunded")
    world.quiet()
    # When they ask once more
    return_id = shop.ask(orders[8])
    shown = shop.shown(orders[8], return_id, "in_review")
    # Then a person is asked, and is told why; the shopper's page does not say
    assert shown["review"]["stage"] == "request"
    assert shown["terms"]["rules"]["review"] in ("serial_returner", "high_risk")
    assert shown["terms"]["review"] in ("serial_returner", "high_risk")
    page = world.page(orders[8])
    assert "risk" not in page.lower()
    assert "serial" not in page.lower()
    # And who nobody decides about in time gets what the policy says then
    world.travel(days=3, minutes=2)
    assert shop.shown(orders[8], return_id, "approved")["decisions"][-1]["rule"] == "review_deadline"


def test_doubts_lead_to_a_person_who_decides(shop: Shop) -> None:
    # Given a means of payment that many new customers share, and parcels that never came
    world, prints = shop.world, {"order": {"fingerprints": ["ab" * 32]}}
    for _ in range(6):
        shop.order(prices=("40.00",), **prints)
    first = shop.order(prices=("40.00",), **prints)
    orders = [first, *(shop.order(prices=("40.00",), by=first, **prints) for _ in range(6))]
    shop.arrived(*orders)
    for order in orders[:5]:
        return_id = shop.ask(order, reason="not_received")
        shown = shop.shown(order, return_id, "in_review")
        assert (shown["kind"], shown["label"], shown["review"]["why"]) == ("claim", None, "never_came")
        decided = world.api(LARKSPUR, "POST", f"/v1/returns/{return_id}/decision", {"approve": True, "note": "Once."})
        assert decided.status == 200
        shop.shown(order, return_id, "refunded", "exchanged")
    world.quiet()
    # When they want to send something back
    shown = shop.shown(orders[6], shop.ask(orders[6]), "in_review", "approved")
    assert shown["state"] == "in_review", shown["risk"]
    # Then the score says why, with its points, and a person's no is one that can be looked at again
    assert shown["risk"]["level"] == "high"
    assert {"claims", "shared"} <= shown["risk"]["reasons"].keys()
    path = f"/v1/returns/{shown['return_id']}"
    assert world.api(LARKSPUR, "POST", f"{path}/decision", {"approve": False, "note": "Five parcels."}).status == 200
    refused = shop.shown(orders[6], shown["return_id"], "refused")
    assert refused["decisions"][-1]["decided_by"] != "policy"
    world.await_message(orders[6], Moment.RETURN_REFUSED)
    assert "risk" not in world.emails(first)[-1].text.lower()
    assert world.api(LARKSPUR, "POST", f"{path}/reopen", {"note": "They called."}).status == 200
    assert world.look_at(LARKSPUR, shown["return_id"])["review"]["why"] == "reopened"
    assert (
        world.api(LARKSPUR, "POST", f"{path}/decision", {"approve": True, "note": "It was the carrier."}).status == 200
    )
    assert shop.shown(orders[6], shown["return_id"], "approved")["label"]


def test_something_else_in_exchange_and_that_in_exchange_again(shop: Shop) -> None:
    # Given a shirt that is too small, and another size that costs a little less
    world, order = shop.world, shop.order()
    shop.arrived(order)
    wanted = {"wanted": {"sku": "SKU-XL", "title": "The same in XL", "unit_price": {"amount": 7000, "currency": "USD"}}}
    return_id = shop.ask(order, reason="too_small", resolution="exchange", line=wanted)
    world.scan_label(order, shop.shown(order, return_id, "approved"))
    # Then the other one is sent, and the difference paid back
    shown = shop.shown(order, return_id, "exchanged")
    asked = [done for done in world.refunds.done.values() if done.kind == "exchange.requested"][-1]
    assert asked.data["wanted"] == [{"sku": "SKU-XL", "quantity": 1}] or asked.data["wanted"] == {"SKU-XL": 1}
    world.awaited(
        lambda: [paid.amount_minor for paid in world.paid(order)] == [1000], "the difference is paid back", order
    )
    world.await_message(order, Moment.RETURN_EXCHANGED)
    # When the shop tells of the order that went out for it, and that comes back for money
    again = shop.order(prices=("70.00",), by=order, order={"exchange_of": shown["return_id"], "total": "0.00"})
    shop.arrived(again)
    second = shop.ask(again)
    world.scan_label(again, shop.shown(again, second, "approved"))
    # Then the money is that of the first order, and all together is what was paid for it
    shop.shown(again, second, "refunded")
    assert sorted(paid.amount_minor for paid in world.paid(order)) == [1000, 7000]
    assert world.paid(again) == []


def test_what_broke_is_mended_and_goes_home(shop: Shop) -> None:
    world, order = shop.world, shop.order(ago=100)
    shop.arrived(order)
    return_id = shop.ask(order, reason="defective", resolution="repair")
    shown = shop.shown(order, return_id, "approved")
    assert (shown["kind"], shown["terms"]["pays"]) == ("warranty", "brand")
    world.scan_label(order, shown)
    shop.shown(order, return_id, "in_transit")
    shop.goods(return_id, "receive", {"receipt_id": f"wh-{order.external_id}"})
    shop.shown(order, return_id, "in_repair")
    number = "94001" + order.parcel[-10:].rjust(17, "7")[-17:]
    shop.goods(return_id, "repair", {"state": "repaired", "carrier": "usps", "tracking_number": number})
    shown = shop.shown(order, return_id, "repaired")
    assert shown["replacement_shipment_id"].startswith("shp_")
    assert world.paid(order) == []


def test_a_present_goes_back_and_nobody_learns_what_it_cost(shop: Shop) -> None:
    world, order = shop.world, shop.order(prices=("55.00",), order={"gift": True})
    shop.arrived(order)
    receipt = world.api(LARKSPUR, "POST", f"/v1/orders/{order.external_id}/gift-receipt", {})
    assert receipt.status == 200
    page = world.running.send("GET", receipt.json()["gift_page"].removeprefix(world.front.url), b"", {})
    assert page.status == 200
    assert "Thing number 0" in page.body.decode()
    assert "55" not in re.sub(
        r"<style.*?</style>|href=\S+|value=\S+|action=\S+", "", page.body.decode(), flags=re.DOTALL
    )
    recipient = {"name": "Wilhelmina Underwood", "email": f"gift.{order.external_id}@mail.example"}
    return_id = shop.ask(order, gift=True, recipient=recipient, resolution="store_credit")
    world.scan_label(order, world.awaited(lambda: _with_label(world, return_id), "there is a label", order))
    found = world.awaited(
        lambda: (lambda one: one if one["state"] == "credited" else {})(world.look_at(LARKSPUR, return_id)),
        "the credit is given",
        order,
    )
    assert found["recipient_id"].startswith("cus_")
    assert world.paid(order) == []
    # Then who got it is told, without a price, and the giver is not told at all
    world.quiet()
    letters = [one for one in world.inbox.emails() if one.recipients == [recipient["email"]]]
    assert len(letters) >= 2, "approved, and given"
    assert not [one.subject for one in letters if "55" in one.subject + re.sub(r"https?://\S+", "", one.text)]
    assert not [
        one.subject for one in world.emails(order) if "return" in one.subject.lower() or "credit" in one.subject.lower()
    ]


def _with_label(world: World, return_id: str) -> dict[str, Any]:
    found = world.look_at(LARKSPUR, return_id)
    return found if found["label"] and found["state"] == "approved" else {}


def test_a_withdrawal_by_law_is_acknowledged_at_once_and_no_rule_stands_in_its_way(shop: Shop) -> None:
    # Given a sofa sold to Germany as final sale, for more than a policy decides alone
    world = shop.world
    there = {"destination": {"country": "DE", "postal_prefix": "101", "zone": "Europe/Berlin"}}
    order = shop.order(
        ago=4, prices=("900.00",), line={"final_sale": True}, order=there | {"shipping": "19.00", "total": "919.00"}
    )
    shop.arrived(order)
    # When its buyer withdraws: a statement, and its confirmation
    path = f"/withdraw/{LARKSPUR}"
    form = {"name": order.name, "number": order.number, "email": order.email}
    first = world.running.send("GET", path, b"", {})
    assert first.status == 200
    step = world.running.send(
        "POST", path, urlencode(form).encode(), {"content-type": "application/x-www-form-urlencoded"}
    )
    assert step.status == 200
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', step.body.decode()))
    confirm = re.search(r'<button[^>]*name="([^"]+)"[^>]*value="([^"]+)"', step.body.decode())
    sent = fields | ({confirm[1]: confirm[2]} if confirm else {})
    done = [
        world.running.send(
            "POST", path, urlencode(form | sent).encode(), {"content-type": "application/x-www-form-urlencoded"}
        )
        for _ in range(2)
    ]
    assert [one.status for one in done] == [200, 200]

    # Then it is acknowledged by email, once, with what was declared and when
    def acknowledged() -> list[Email]:
        return [one for one in world.emails(order) if "withdra" in one.subject.lower()]

    letters = world.awaited(acknowledged, "the withdrawal is acknowledged", order)
    world.quiet()
    assert len(acknowledged()) == 1
    assert order.number in letters[0].text
    assert str(world.now().year) in letters[0].text
    # And it is a return that nobody reviews, with the shipping
    assert len(letters) == 1
    (made,) = world.app.returns.of_order(LARKSPUR, order.order_id)
    shown = shop.shown(order, made.return_id, "approved")
    assert (shown["kind"], shown["terms"]["review"], shown["refund_amount"]["amount"]) == ("withdrawal", "", 91900)
    world.scan_label(order, shown)
    shop.shown(order, made.return_id, "refunded")
    assert [paid.amount_minor for paid in world.paid(order)] == [91900]
