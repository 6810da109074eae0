"""What a playbook costs, counted over a model of the table: what docs/costs.md reckons with."""

from datetime import datetime

from porchlight.adapters.dynamodb.cases import DynamoCases
from porchlight.adapters.dynamodb.orders import DynamoOrders
from porchlight.adapters.dynamodb.shipments import DynamoShipments
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.milestones import Milestone
from porchlight.domain.remedies import Remedy
from porchlight.services.bearers import Bearers
from porchlight.services.cases import AnswerDesk
from porchlight.services.delays import DelayWatch
from porchlight.services.playbook import Playbooks
from tests.bench.table_model import TableModel, served
from tests.fakes import NO_HISTORY, FakeBrands, FakeMetrics, FakeSurges, no_surges
from tests.unit.late import LATE, ORDER, with_playbooks
from tests.unit.stories import DAY, NOW, after, order, parcel, scan


def test_a_step_is_one_write_and_a_question_two() -> None:
    # Given a stalled parcel on the table, under a playbook that waits and then asks the shopper
    asks = [{"step": "wait", "days": 3}, {"step": "ask_shopper", "days": 4}]
    table, model = Table("porchlight"), TableModel()
    shipments, orders, cases = DynamoShipments(table), DynamoOrders(table), DynamoCases(table)
    brands, metrics = FakeBrands(with_playbooks(stalled=asks)), FakeMetrics()
    watch = DelayWatch(shipments, orders, brands, metrics, NO_HISTORY, no_surges())
    bearers = Bearers(shipments, orders, NO_HISTORY, metrics)
    playbooks = Playbooks(bearers, orders, cases, brands, metrics, FakeSurges())
    spent: dict[str, tuple[float, float]] = {}

    def step(name: str, now: datetime, case: str = "") -> str:
        before = model.read_units, model.write_units
        todo = playbooks.next("larkspur", "shp_1", "", delay_id, now, case)
        spent[name] = (model.read_units - before[0], model.write_units - before[1])
        return todo["case_id"]

    with served(model):
        orders.save(order(order_id=ORDER))
        events = [scan(Milestone.IN_TRANSIT, NOW)]
        shipments.save(after(parcel(order_id=ORDER), events), events, due_at=None)
        delay_id = watch.assess_and_declare("larkspur", "shp_1", LATE)["delay_id"]
        # When it goes through all of it, with a look in between at which nothing is new
        step("wait", LATE)
        step("nothing new", LATE + DAY)
        case = step("ask", LATE + 3 * DAY)
        AnswerDesk(cases, shipments, orders).answer("larkspur", case, Remedy.REFUND, "shopper", LATE + 4 * DAY)
        step("answered", LATE + 4 * DAY, case)
    # Then (reads, writes): a step is a transaction of the parcel (over 1 KB by now) and its record; a look is no write
    assert spent == {"wait": (2, 6), "nothing new": (2, 0), "ask": (3, 9), "answered": (4, 6)}
