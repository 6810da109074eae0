"""`porchlight engagement` and `porchlight experiments`: no share without the number that it is of."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from local.cli import app
from local.stack import Stack
from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel
from porchlight.domain.experiments import Arm, Effect
from porchlight.domain.moments import Moment
from porchlight.domain.outreach import Experiment, Outreach
from porchlight.domain.receipts import ReceiptKind
from porchlight.services.experiments import Laboratory
from tests.fakes import FakeBrands, FakeOrders
from tests.fakes_reaching import FakeEngagement, FakeExperiments, FakeProfiles
from tests.unit.stories import DAY, NOW, brand


class Ports(SimpleNamespace):
    engagement: FakeEngagement
    experiments: FakeExperiments
    brands: FakeBrands


def shop(name: str) -> BrandConfig:
    outreach = Outreach(experiments={"eta": Experiment(moment=Moment.OUT_FOR_DELIVERY, hold_out=0.1)})
    return brand().model_copy(update={"brand_id": name, "outreach": outreach})


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> Ports:
    counts = FakeExperiments()
    found = Ports(engagement=FakeEngagement(), experiments=counts, clock=lambda: NOW)
    found.brands = FakeBrands(shop("larkspur"))
    found.laboratory = Laboratory(counts, FakeProfiles(FakeOrders()))
    monkeypatch.setattr(Stack, "open", lambda stage, region: SimpleNamespace(app=lambda: found))
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--brand", "larkspur"])


def line(result: Result, begins: str) -> str:
    (found,) = (one for one in result.stdout.splitlines() if begins in one)
    return " ".join(found.split())


def count(ports: Ports, arm: Arm, **counts: int) -> None:
    for effect, times in counts.items():
        for _ in range(times):
            ports.experiments.count("larkspur", "eta/first", arm, Effect(effect), NOW)


class TestEngagement:
    def fill(self, ports: Ports) -> None:
        kinds = {ReceiptKind.DELIVERED: 8, ReceiptKind.OPENED: 6, ReceiptKind.CLICKED: 2, ReceiptKind.BOUNCED: 1}
        for kind, times in kinds.items():
            for _ in range(times):
                ports.engagement.count("larkspur", Moment.SHIPPED, Channel.EMAIL, kind, NOW)
        ports.engagement.count("larkspur", Moment.SHIPPED, Channel.EMAIL, ReceiptKind.DELIVERED, NOW - 10 * DAY)
        ports.engagement.count("larkspur", Moment.DELIVERED, Channel.PUSH, ReceiptKind.CLICKED, NOW)

    def test_each_share_says_of_how_many(self, ports: Ports) -> None:
        self.fill(ports)
        told = line(run("engagement", "--days", "7"), "shipped")
        assert "75.0% (6 of 8)" in told
        assert "25.0% (2 of 8)" in told
        assert "66.7% (6 of 9)" in line(run("engagement"), "shipped")

    def test_where_nothing_says_delivered_there_is_no_share(self, ports: Ports) -> None:
        self.fill(ports)
        assert "%" not in line(run("engagement"), "push")

    def test_the_document_is_the_apis_answer(self, ports: Ports) -> None:
        self.fill(ports)
        found = json.loads(run("engagement", "--json", "--days", "7").stdout)["brands"]["larkspur"]
        assert (found["since"], found["until"]) == ("2026-02-24", "2026-03-02")
        assert {one["moment"]: one["delivered"] for one in found["moments"] if "delivered" in one} == {"shipped": 8}

    def test_nothing_yet_is_said(self, ports: Ports) -> None:
        assert run("engagement").stdout == "No provider has reported on a message in 28 days.\n"


class TestExperiments:
    def test_each_rate_says_of_how_many_shoppers_and_a_difference_how_sure_it_is(self, ports: Ports) -> None:
        count(ports, Arm.TOLD, assigned=900, page_views=90, contacts=9)
        count(ports, Arm.HELD_OUT, assigned=100, page_views=50, contacts=1)
        result = run("experiments")
        assert "larkspur: eta (first), 10% do not get out for delivery" in result.stdout
        views = line(result, "page views")
        assert "0.100 (90 of 900 shoppers)" in views
        assert "0.500 (50 of 100 shoppers)" in views
        assert "-0.400 (-0.540 to -0.260): certain" in views
        assert line(result, "contacts").endswith("may be chance")

    def test_a_part_without_anybody_is_compared_with_nothing(self, ports: Ports) -> None:
        count(ports, Arm.TOLD, assigned=1, contacts=1)
        told = line(run("experiments"), "contacts")
        assert "nobody yet" in told
        assert told.endswith("too few shoppers")

    def test_the_document_is_the_apis_answer(self, ports: Ports) -> None:
        count(ports, Arm.TOLD, assigned=2)
        (found,) = json.loads(run("experiments", "--json").stdout)["brands"]["larkspur"]
        assert found["arms"]["told"]["assigned"] == 2

    def test_none_is_said(self, ports: Ports) -> None:
        ports.brands.brands["larkspur"] = brand()
        assert run("experiments").stdout == "No brand has an experiment (outreach.experiments in brand.yaml).\n"
