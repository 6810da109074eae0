"""Porchlight as its neighbours see it: carriers, stores and shoppers outside of it, and those who look after it.

    order = world.order()                       # an invented shopper with an order that nobody else has
    world.place(order)                          # the store says so, signed, through the front door
    world.ship(order)
    world.scan(order, "accepted", "moving")
    world.await_message(order, Moment.SHIPPED)

Every order has ids, names and numbers of its own, so no test sees another's. Time only goes forward.
"""

import hashlib
import itertools
import json
import os
import secrets
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud.waiting import take_messages
from local.demo import bodies, signing
from local.demo.bodies import Scan
from local.demo.refund_desk import Paid
from local.demo.waiting import awaited
from local.inbox import Email, Inbox
from local.running import ROOT, Answer, Running
from porchlight.domain import ids
from porchlight.domain.messages import MessageRecord, MessageState
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Order
from porchlight.domain.shipments import Shipment
from porchlight.domain.watching import Watch
from porchlight.services.links import Links

LARKSPUR, FJORDHUS = "larkspur", "fjordhus"
BRANDS = (LARKSPUR, FJORDHUS)
ONLY_ASKS = "returns-only"
"""An API key of Larkspur that may ask for returns and nothing else."""

_CITIES = ("Portland", "Medford", "Redding", "Sacramento", "Fresno", "Reno", "Boise", "Salem")
_NUMBERS = {
    "UPS": "1ZE2E{0}{1:07}",
    "USPS": "94001{0}{1:07}",
    "FedEx": "7799{0}{1:07}",
    "DHLExpress": "JD01{0}{1:07}",
    "CanadaPost": "70231{0}{1:07}",
}
_IDS = {"UPS": "ups", "USPS": "usps", "FedEx": "fedex", "DHLExpress": "dhl_express", "CanadaPost": "canada_post"}
_SETTLED = {MessageState.SENT, MessageState.MERGED, MessageState.SUPPRESSED, MessageState.FAILED}


@dataclass
class Purchase:
    """An invented shopper, what they bought, and the parcel that it came in."""

    brand: str
    external_id: int
    number: str
    name: str
    email: str
    lines: tuple[tuple[str, str], ...]
    via: str
    """Who reports on the parcel: ``ups``, ``usps`` or ``easypost``."""
    carrier: str
    """As the store names the carrier."""
    parcel: str
    placed_at: datetime
    tags: str = ""
    scans: list[Scan] = field(default_factory=list)

    @property
    def order_id(self) -> str:
        """Porchlight's id of the order."""
        return ids.order_id(self.brand, str(self.external_id))

    @property
    def shipment_id(self) -> str:
        """Porchlight's id of the parcel."""
        return ids.shipment_id(self.brand, _IDS[self.carrier], self.parcel)

    @property
    def line_ids(self) -> list[str]:
        """The store's ids of the lines."""
        if self.brand == FJORDHUS:
            return [str(index + 1) for index in range(len(self.lines))]
        return [str(self.external_id * 100 + index) for index in range(len(self.lines))]

    @property
    def personal(self) -> tuple[str, ...]:
        """What must not be found where it does not belong."""
        return (*self.name.split(), self.email, self.parcel, self.number)


class World:
    """The deployed stack on the local cloud, and all that is around it."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running = running
        self._stack_file = folder / "stack.json"
        running.stack.save(self._stack_file)
        self.front = running.front
        self.credentials = running.credentials
        self.refunds = running.refunds
        self.carriers = running.carriers
        self.outputs = running.stack.outputs
        self.inbox = Inbox(running.cloud.endpoint)
        self.purchases: list[Purchase] = []
        self.keys = {brand: running.credentials.api_keys[brand] for brand in BRANDS}
        self._count = itertools.count(1)
        self._unread = itertools.count(1)
        self._run = secrets.randbelow(9000) + 1000
        self._bearer = ""
        self._add_key(ONLY_ASKS, LARKSPUR, ["returns:write"])
        self._heard: list[dict[str, Any]] = []
        self._ear = self._listen()

    def _add_key(self, name: str, brand: str, scopes: list[str]) -> None:
        self.keys[name] = f"plk_{secrets.token_urlsafe(24)}"
        secret = self.credentials.secrets()["api-keys"]
        digest = hashlib.sha256(self.keys[name].encode()).hexdigest()
        secret["keys"].append({"id": name, "brand": brand, "sha256": digest, "scopes": scopes})
        name = f"porchlight/{self.running.stack.stage}/api-keys"
        self.client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(secret))

    # ------------------------------------------------------------------------------------------------------ the machine
    def client(self, service: str) -> Any:
        """A boto3 client of the local cloud, as its administrator; made once."""
        if service not in self._clients:
            self._clients[service] = self.running.cloud.client(service)
        return self._clients[service]

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    @cached_property
    def app(self) -> Any:
        """The ports of Porchlight on this stack, wired as in a function."""
        return self.running.stack.app()

    @cached_property
    def functions(self) -> dict[str, str]:
        """Full names of the functions by their names in the template."""
        return {name: full for kind, name, full in self._resources if kind == "AWS::Lambda::Function"}

    @cached_property
    def alarms(self) -> dict[str, str]:
        """Full names of the alarms by their names in the template."""
        return {name: full for kind, name, full in self._resources if kind == "AWS::CloudWatch::Alarm"}

    @cached_property
    def _resources(self) -> list[tuple[str, str, str]]:
        found = self.client("cloudformation").describe_stack_resources(StackName=self.running.stack.name)
        names = ("ResourceType", "LogicalResourceId", "PhysicalResourceId")
        return [tuple(str(one.get(name, "")) for name in names) for one in found["StackResources"]]  # type: ignore[misc]

    def now(self) -> datetime:
        """The local cloud's time."""
        return self.running.now()

    def ago(self, **delta: float) -> datetime:
        """Some time before now, to the second: senders print no more."""
        return (self.now() - timedelta(**delta)).replace(microsecond=0)

    def travel(self, **delta: float) -> None:
        """Move the clock on, once nothing is under way any more: a call during which days go by times out."""
        if not self.running.can_travel:
            pytest.skip("the clock cannot be moved: install libfaketime (apt-get install libfaketime)")
        self.quiet()
        self.bus_events()  # messages on queues age, too
        self.running.travel(timedelta(**delta))

    def quiet(self) -> None:
        """Wait until the queue is empty and no function has been called for a moment."""
        awaited(lambda: sum(self.queued("InboundQueueUrl")) == 0, "the inbound queue is empty", within=60)
        seen: list[int] = []

        def still() -> bool:
            seen.append(self.log_size())
            return len(seen) > 8 and len(set(seen[-8:])) == 1

        awaited(still, "the functions are quiet", within=60)

    def queued(self, output: str) -> tuple[int, int]:
        """How many messages wait on a queue, and how many are being worked on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client("sqs").get_queue_attributes(QueueUrl=self.outputs[output], AttributeNames=names)
        return int(found["Attributes"][names[0]]), int(found["Attributes"][names[1]])

    def log_size(self) -> int:
        """How much the functions have written."""
        group = f"/porchlight/{self.running.stack.stage}/functions"
        try:
            found = self.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        except ClientError as error:  # the emulator counts while functions write
            if error.response["Error"]["Code"] != "InternalError":
                raise
            return -next(self._unread)
        return sum(int(entry.get("storedBytes", 0)) for entry in found)

    def logs(self) -> Iterator[tuple[str, str]]:
        """All lines of all log groups."""
        client = self.client("logs")
        for group in client.get_paginator("describe_log_groups").paginate().search("logGroups[].logGroupName"):
            for page in client.get_paginator("filter_log_events").paginate(logGroupName=group):
                for event in page["events"]:
                    yield group, event["message"]

    def troubles(self) -> list[str]:
        """The last lines that functions wrote about failures."""
        words = ('"ERROR"', "Traceback", "Task timed out", "Error]")
        return [line.strip()[:400] for _, line in self.logs() if any(word in line for word in words)][-15:]

    def counted(self, metric: str, namespace: str = "Porchlight/local", **dimensions: str) -> float:
        """The sum of a metric since the beginning."""
        now = self.now()
        points = self.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(days=13),
            EndTime=now + timedelta(days=1),
            Period=86400,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))

    def alarm(self, name: str) -> str:
        """The state of an alarm."""
        found = self.client("cloudwatch").describe_alarms(AlarmNames=[self.alarms[name]])["MetricAlarms"]
        return str(found[0]["StateValue"])

    def _listen(self) -> str:
        """A queue that hears all that is said on the bus, as a brand's own systems would."""
        sqs, events = self.client("sqs"), self.client("events")
        url = sqs.create_queue(QueueName="a-brands-own", Attributes={"MessageRetentionPeriod": "1209600"})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        bus, pattern = self.outputs["BusName"], json.dumps({"source": ["porchlight"]})
        events.put_rule(Name="a-brands-own", EventBusName=bus, EventPattern=pattern)
        events.put_targets(Rule="a-brands-own", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        return str(url)

    def bus_events(self) -> list[dict[str, Any]]:
        """All that was said on the bus so far."""
        self._heard += [message["body"] for message in take_messages(self.client("sqs"), self._ear)]
        return self._heard

    def table(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Everything in the table, by its keys."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs["TableName"])
        return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}

    def objects(self) -> set[str]:
        """Everything in the bucket of bodies."""
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.outputs["BodiesBucket"])
        return {entry["Key"] for page in pages for entry in page.get("Contents", [])}

    def workers(self, function: str) -> list[int]:
        """The processes that a function runs in."""
        mark = f"ministack-lambda-{self.functions[function]}-"
        command = ["ps", "-A", "-ww", "-o", "pgid=,pid=,command="]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        lines = (line.split(maxsplit=2) for line in shown.splitlines())
        return [int(pid) for group, pid, called in lines if int(group) == self.running.cloud.pid and mark in called]

    def kill(self, function: str) -> int:
        """Kill a function's processes; how many there were."""
        found = self.workers(function)
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        return len(found)

    def porchlight(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The command, on this stack rather than on the one that a person may have up."""
        program = (
            "import sys; from pathlib import Path; import local.stack; "
            "local.stack.STACK_FILE = Path(sys.argv.pop(1)); from local.cli import app; app()"
        )
        command = [sys.executable, "-c", program, str(self._stack_file), *arguments]
        environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers' / 'core'}"}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    # ------------------------------------------------------------------------------------------------- shops and orders
    def order(
        self,
        brand: str = LARKSPUR,
        via: str = "ups",
        carrier: str = "",
        *,
        lines: Sequence[tuple[str, str]] = (("Linen duvet cover", "149.00"), ("Wool throw", "89.00")),
        placed_at: datetime | None = None,
        tags: str = "",
    ) -> Purchase:
        """A purchase that nobody knows of yet."""
        count = next(self._count)
        carrier = carrier or {"ups": "UPS", "usps": "USPS"}.get(via) or ("DHLExpress" if brand == FJORDHUS else "FedEx")
        made = Purchase(
            brand=brand,
            external_id=(60_000 + self._run) * 10_000 + count,
            number=f"EE-{self._run}-{count:04}",
            name=f"Zephyrine{self._run}x{count:04} Quillfeather{self._run}x{count:04}",
            email=f"zq.{self._run}.{count:04}@mail.example",
            lines=tuple(lines),
            via=via,
            carrier=carrier,
            parcel=_NUMBERS[carrier].format(self._run, count),
            placed_at=placed_at or self.ago(days=2),
            tags=tags,
        )
        self.purchases.append(made)
        return made

    def place(self, order: Purchase) -> None:
        """The shop tells of the order: by Shopify's webhook (Larkspur) or the order API (Fjordhus)."""
        for send in self.placing(order):
            send()

    def ship(self, order: Purchase, at: datetime | None = None) -> None:
        """The shop tells which parcel it is."""
        self.shipping(order, at)()

    def placing(self, order: Purchase) -> list[Callable[[], Answer]]:
        """The request, not sent yet."""
        if order.brand == FJORDHUS:
            return [lambda: self._expect(200, self.put_order(order))]
        body = bodies.shopify(
            order.external_id, order.number, order.name, order.email, order.lines, order.placed_at, tags=order.tags
        )
        return [lambda: self.shopify("orders/create", body)]

    def shipping(self, order: Purchase, at: datetime | None = None) -> Callable[[], Answer]:
        """The request, not sent yet."""
        at = at or order.placed_at + timedelta(hours=12)
        if order.brand == FJORDHUS:
            return lambda: self._expect(200, self.put_order(order, at))
        body = bodies.shopify_fulfillment(order.external_id, order.carrier, order.parcel, at)
        return lambda: self.shopify("fulfillments/create", body)

    def shopify(self, topic: str, body: bytes) -> Answer:
        """A Shopify webhook."""
        headers = signing.shopify(body, self.credentials.shopify, topic)
        return self._expect(202, self.running.send("POST", "/webhooks/stores/shopify", body, headers))

    def put_order(self, order: Purchase, shipped_at: datetime | None = None) -> Answer:
        """The generic order API."""
        body: dict[str, Any] = {
            "number": order.number,
            "placed_at": order.placed_at.isoformat(),
            "updated_at": (shipped_at or order.placed_at).isoformat(),
            "currency": "EUR",
            "total": f"{sum(float(price) for _, price in order.lines):.2f}",
            "lines": [
                {"id": line_id, "title": title, "quantity": 1, "unit_price": price}
                for line_id, (title, price) in zip(order.line_ids, order.lines, strict=True)
            ],
            "shopper": {"name": order.name, "email": order.email, "language": "en"},
            "destination": {"country": "NO", "postal_prefix": "501", "zone": "Europe/Oslo"},
        }
        if shipped_at:
            parcel = {"carrier": _IDS[order.carrier], "tracking_number": order.parcel}
            body["parcels"] = [parcel | {"shipped_at": shipped_at.isoformat()}]
        return self.api(order.brand, "PUT", f"/v1/orders/{order.external_id}", body)

    def api(self, key: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A call of our API with a brand's key (or another of ``keys``)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"x-api-key": self.keys[key], "content-type": "application/json"}
        return self.running.send(method, path, json.dumps(body).encode() if body is not None else b"", named)

    # --------------------------------------------------------------------------------------------------------- carriers
    def scan(self, order: Purchase, *whats: str, at: datetime | None = None, due: datetime | None = None) -> None:
        """The carrier tells of scans: the last at ``at`` (now), each an hour after the one before."""
        at = at or self.ago(seconds=1)
        new = [self.a_scan(what, at - timedelta(hours=len(whats) - 1 - n)) for n, what in enumerate(whats)]
        order.scans += new
        for send in self.scanning(order, new, due):
            send()

    def a_scan(self, what: str, at: datetime) -> Scan:
        """A scan somewhere."""
        city = _CITIES[(sum(map(ord, what)) + at.hour) % len(_CITIES)]
        return Scan(what, at.replace(microsecond=0), city, "OR", "US")

    def scanning(
        self, order: Purchase, new: Sequence[Scan], due: datetime | None = None, number: str = ""
    ) -> list[Callable[[], Answer]]:
        """What the carrier sends about new scans, not sent yet: UPS each event, the others the whole history."""
        number = number or order.parcel
        if order.via == "ups":
            return [lambda scan=scan: self.ups(bodies.ups(number, scan)) for scan in new]  # type: ignore[misc]
        known = order.scans if number == order.parcel else list(new)
        upto = [scan for scan in known if scan.at <= max(scan.at for scan in new)]
        if order.via == "usps":
            piece = bodies.usps(number, upto, due)
            return [lambda: self.usps(piece)]
        body = bodies.easypost(number, order.carrier, upto, due)
        return [lambda: self.easypost(body, order.brand)]

    def ups(self, body: bytes) -> Answer:
        """UPS pushes, with a token that it fetches from us when it has none that works."""
        for _ in range(2):
            if not self._bearer:
                form, headers = signing.ups_token_request(*self.credentials.ups_client)
                token = self._expect(200, self.running.send("POST", "/oauth2/token", form, headers))
                self._bearer = token.json()["access_token"]
            answer = self.running.send("POST", "/webhooks/ups", body, signing.ups_bearer(self._bearer))
            if answer.status != 401:
                break
            self._bearer = ""
        return self._expect(200, answer)  # UPS takes nothing else for a success

    def usps(self, piece: dict[str, Any]) -> Answer:
        """USPS pushes."""
        body, headers = signing.usps(piece, self.credentials.usps, self.now())
        return self._expect(202, self.running.send("POST", "/webhooks/usps", body, headers))

    def easypost(self, body: bytes, brand: str = LARKSPUR) -> Answer:
        """EasyPost pushes, on the account of a brand."""
        headers = signing.easypost(body, self.credentials.easypost[brand])
        return self._expect(202, self.running.send("POST", "/webhooks/easypost", body, headers))

    @staticmethod
    def _expect(status: int, answer: Answer) -> Answer:
        assert answer.status == status, f"answered {answer.status}, not {status}: {answer.body[:400]!r}"
        return answer

    # -------------------------------------------------------------------------------------------------- what came of it
    def stored(self, order: Purchase) -> Order | None:
        """The order as it is kept."""
        found: Order | None = self.app.orders.get(order.brand, order.order_id)
        return found

    def shipment(self, order: Purchase) -> Shipment | None:
        """The parcel as it is kept."""
        found: Shipment | None = self.app.shipments.get(order.brand, order.shipment_id)
        return found

    def messages(self, order: Purchase) -> list[MessageRecord]:
        """What was decided to tell, in the order of the decisions."""
        found = self.app.orders.contents(order.brand, order.order_id).messages
        return sorted(found, key=lambda message: message.planned_at)

    def told(self, order: Purchase) -> Counter[Moment]:
        """What was sent, by our own records."""
        return Counter(message.moment for message in self.messages(order) if message.state is MessageState.SENT)

    def emails(self, order: Purchase) -> list[Email]:
        """What reached the shopper, by the provider's."""
        return [email for email in self.inbox.emails() if order.email in email.recipients]

    def await_message(
        self, order: Purchase, moment: Moment, state: str = MessageState.SENT, within: float = 30
    ) -> MessageRecord:
        """The message, once it is in that state."""

        def look() -> MessageRecord | None:
            found = [m for m in self.messages(order) if m.moment is moment and m.state == state]
            return found[0] if found else None

        found = self.awaited(look, f"{moment.value} is {state}", order, within)
        assert found is not None
        return found

    def await_shipment(
        self, order: Purchase, condition: Callable[[Shipment], Any], what: str, within: float = 30
    ) -> Shipment:
        """The parcel, once that is true of it."""

        def look() -> Shipment | None:
            found = self.shipment(order)
            return found if found and condition(found) else None

        found = self.awaited(look, what, order, within)
        assert found is not None
        return found

    def awaited[T](self, look: Callable[[], T], what: str, order: Purchase | None = None, within: float = 30) -> T:
        """The first true thing that ``look`` sees; otherwise a failure that tells what there is instead."""
        try:
            return awaited(look, what, within=within)
        except AssertionError as error:
            shown = []
            if order:
                parcel = self.shipment(order)
                shown = [f"{m.moment} {m.state} {m.reason or m.failure or ''}" for m in self.messages(order)]
                shown += [parcel.model_dump_json(exclude_defaults=True)] if parcel else ["no parcel"]
            raise AssertionError("\n  ".join([str(error), *shown])) from None

    def settled(self, orders: Iterable[Purchase]) -> bool:
        """True once every message of these orders is sent, merged, suppressed or failed, or is held for later."""
        known = (message for order in orders for message in self.messages(order))
        return all(one.state in _SETTLED or (one.not_before and one.not_before > self.now()) for one in known)

    def poll(self) -> dict[str, int]:
        """A run of poll_carriers beside those of the schedule; how many sources of brands ended how."""
        name = f"{self.functions['PollCarriers']}:live"
        answer = self.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        found: dict[str, int] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, found
        return found

    def watch(self, order: Purchase) -> Watch | None:
        """How the parcel is asked about."""
        found: Watch | None = self.app.watches.get(order.brand, order.shipment_id)[1]
        return found

    # ------------------------------------------------------------------------------------------------ shoppers, returns
    def paid(self, order: Purchase) -> list[Paid]:
        """What the brand's own system has paid back of an order."""
        return [paid for paid in self.refunds.paid.values() if paid.order_id == order.order_id]

    def links(self, order: Purchase) -> dict[str, str]:
        """The paths of the links in this shopper's emails: ``tracking``, ``unsubscribe``."""
        stored = self.stored(order)
        assert stored is not None
        found = Links(self.app.secrets, self.front.url).of_order(self.app.brands.get(order.brand), stored)
        return {name: link.removeprefix(self.front.url) for name, link in found.items()}

    def page(self, order: Purchase) -> str:
        """The tracking page, as words and markup."""
        answer = self._expect(200, self.running.send("GET", self.links(order)["tracking"]))
        return answer.body.decode()

    def ask_return(self, order: Purchase, *lines: int, key: str = "", by: str = "") -> Answer:
        """Ask for lines to be sent back (by index; the first without any)."""
        wanted = [{"line_id": order.line_ids[n], "quantity": 1, "reason": "too_big"} for n in lines or (0,)]
        body = {"order": str(order.external_id), "lines": wanted}
        once = key or f"return-{order.external_id}-{'-'.join(map(str, lines))}"
        return self.api(by or order.brand, "POST", "/v1/returns", body, idempotency_key=once)

    def returned(self, order: Purchase, *lines: int, key: str = "") -> str:
        """The id of a new return."""
        return str(self._expect(202, self.ask_return(order, *lines, key=key)).json()["return_id"])

    def look_at(self, brand: str, return_id: str) -> dict[str, Any]:
        """The return, as the API shows it."""
        found: dict[str, Any] = self._expect(200, self.api(brand, "GET", f"/v1/returns/{return_id}")).json()
        return found

    def await_return(self, order: Purchase, return_id: str, state: str, within: float = 30) -> dict[str, Any]:
        """The return, once it is in that state."""

        def look() -> dict[str, Any]:
            found = self.look_at(order.brand, return_id)
            return found if found["state"] == state else {}

        try:
            return awaited(look, f"the return is {state}", within=within)
        except AssertionError as error:
            shown = json.dumps(self.look_at(order.brand, return_id), indent=1)
            raise AssertionError(f"{error}\n{shown}") from None

    def scan_label(self, order: Purchase, shown: dict[str, Any]) -> None:
        """The carrier takes the return parcel."""
        new = [self.a_scan("accepted", self.ago(seconds=1))]
        for send in self.scanning(order, new, number=shown["label"]["tracking_number"]):
            send()

    def delivered(self, **about: Any) -> Purchase:
        """An order that has arrived an hour ago, and of which its shopper knows."""
        order = self.order(**about)
        self.place(order)
        self.ship(order)
        self.scan(order, "accepted", "out", "delivered", at=self.ago(hours=1))
        self.await_message(order, Moment.DELIVERED)
        return order

    # ---------------------------------------------------------------------------------------------------------- trouble
    @contextmanager
    def with_environment(self, function: str, **variables: str) -> Iterator[None]:
        """A function with other environment variables: a version of its own behind the alias, taken back afterwards."""
        client, name = self.client("lambda"), self.functions[function]
        before = client.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
        known = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(FunctionName=name, Environment={"Variables": known | variables})
        version = client.publish_version(FunctionName=name)["Version"]
        client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
        try:
            yield
        finally:
            client.update_alias(FunctionName=name, Name="live", FunctionVersion=before)
            client.update_function_configuration(FunctionName=name, Environment={"Variables": known})
