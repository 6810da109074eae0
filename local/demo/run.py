"""`porchlight demo`, `up` and `down`."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from local.cloud.deploy import DeployError
from local.cloud.launcher import LocalCloudError
from local.console import Output
from local.demo import history, returning
from local.demo.credentials import BRANDS, STAGE
from local.demo.people import ORDERS
from local.demo.story import BY_THE_HOUR, DAYS, MERGED, Chapter, chapters
from local.demo.told import chosen, not_as_chosen, standing, texts_to, waited
from local.demo.traffic import Traffic
from local.demo.waiting import NeverCameError, StoryError, awaited
from local.running import ROOT, BuildError, Running
from local.stack import STACK_FILE, Stack, StackError
from porchlight.domain.channels import Channel
from porchlight.domain.messages import MessageRecord, MessageState, Suppression

_EXPECTED_TROUBLE = (BuildError, DeployError, LocalCloudError, StackError)
_LOG = ROOT / ".local" / "up.log"
_CHOSE = "The right word, once, where and when each shopper wants it"


def demo(*, once: bool, port: int, output: Output) -> int:
    """Start, deploy, play the story, show what happened; stay up until Ctrl-C. 0 if all went as the story has it."""
    begun = time.monotonic()
    try:
        running = Running.start(output, port=port, begin=-timedelta(days=DAYS))
    except _EXPECTED_TROUBLE as error:
        output.fail(str(error))
    with running, _ends_on_signals():
        running.stack.save()
        try:
            surprises, rows, links, more = play(running, output)
            rows.append({"what": "seconds from start to here", "count": round(time.monotonic() - begun)})
            output.report("What happened", rows, links, more)
            for surprise in surprises:
                output.say(f"Not as expected: {surprise}")
            if not once:
                output.say("It stays up until Ctrl-C.")
                with contextlib.suppress(KeyboardInterrupt):
                    signal.pause()
            return 1 if surprises else 0
        except KeyboardInterrupt:
            return 130
        finally:
            running.stack.forget()


main = demo


@contextlib.contextmanager
def _ends_on_signals():  # type: ignore[no-untyped-def]
    """SIGTERM and SIGHUP end us as Ctrl-C does, with everything stopped."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


Rows = list[dict[str, object]]


def play(running: Running, output: Output) -> tuple[list[str], Rows, dict[str, str], dict[str, Rows]]:
    """The story, chapter by chapter; surprises, the table, the links, and the table of those who chose."""
    traffic = Traffic(running)
    story = list(chapters(datetime.now(UTC).replace(microsecond=0)))
    if not running.can_travel:
        story = [chapter for chapter in story if not chapter.needs_a_night]
    expected: dict[tuple[str, str], str] = {}
    merged: set[tuple[str, str]] = set()
    with output.step("Learning what parcels took before") as step:
        step.detail(f"{history.seed(running.app, running.now().date()):,} parcels")
    with output.step(f"Playing {DAYS} days of traffic", total=len(story)) as step:
        for chapter in story:
            step.detail(chapter.title)
            try:
                _play(running, traffic, chapter)
            except (NeverCameError, StoryError) as error:
                traffic.surprises.append(f"{chapter.title}: {error}")
            expected |= {(who, moment.value): state for (who, moment), state in chapter.messages.items()}
            merged |= {(who, moment.value) for who, moment in chapter.merged}
            step.advance()
        if running.can_travel and abs(running.offset) > timedelta(minutes=1):
            running.travel_to(timedelta())
    messages = {who: _messages(running, traffic, who) for who in ORDERS}
    surprises = traffic.surprises + _unexpected(expected, merged, messages) + _checks(running)
    if len(returning.acknowledgements(traffic, "hanna")) != 1:
        surprises.append("one email was expected that says that Hanna has withdrawn, and when")
    first_page = traffic.links("maya")["tracking"]
    links = {
        "Inbox": f"{running.front.url}/inbox",
        "Tracking page": first_page,
        "Returns portal": f"{running.front.url}/returns",
        "Ops dashboard": f"{running.front.url}/ops",
        "Phones": f"{running.front.url}/inbox/phones",
    }
    more: dict[str, Rows] = {}
    if running.can_travel:
        more[_CHOSE] = chosen(messages)
        surprises += not_as_chosen(running)
    return surprises, _table(running, traffic, messages), links, more


def _play(running: Running, traffic: Traffic, chapter: Chapter) -> None:
    running.carriers.known_until = chapter.at
    ahead = chapter.at - running.now()
    if running.can_travel and ahead > timedelta(minutes=10):
        running.travel(ahead)
    for act in chapter.acts:
        traffic.play(act)
    within = traffic.minute() if chapter.needs_time else 30
    for who, moment, state in (
        *((who, moment, state) for (who, moment), state in chapter.messages.items()),
        *((who, moment, MERGED) for who, moment in chapter.merged),
    ):
        awaited(
            lambda who=who, moment=moment, state=state: any(  # type: ignore[misc]
                message.moment is moment and standing(message) == state for message in _messages(running, traffic, who)
            ),
            f"{who}: {moment.value} {state}",
            within=within,
        )
    awaited(lambda: _is_quiet(running), "queue and machines are quiet", within=30)


def _messages(running: Running, traffic: Traffic, who: str) -> list[MessageRecord]:
    contents = running.app.orders.contents(ORDERS[who].brand, traffic.order_id(who))
    return list(contents.messages)


def _is_quiet(running: Running) -> bool:
    """Nothing waits to be read and no message is on its way: time may go on."""
    fanout = running.stack.outputs["NotificationFanoutArn"]
    machines = running.cloud.client("stepfunctions")
    busy = machines.list_executions(stateMachineArn=fanout, statusFilter="RUNNING")["executions"]
    return not busy and _queue_is_empty(running)


def _queue_is_empty(running: Running) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = running.cloud.client("sqs").get_queue_attributes(
        QueueUrl=running.stack.outputs["InboundQueueUrl"], AttributeNames=names
    )["Attributes"]
    return all(int(found[name]) == 0 for name in names)


def _unexpected(
    expected: dict[tuple[str, str], str], merged: set[tuple[str, str]], messages: dict[str, list[MessageRecord]]
) -> list[str]:
    """Messages that the story does not have, have another state, or are there twice.

    Bodies are read by several workers at once: whether news was planned before other news overtook it is chance.
    """
    counted = (
        (who, m)
        for who, records in messages.items()
        for m in records
        if m.reason is not Suppression.OVERTAKEN and m.moment not in BY_THE_HOUR
    )
    found = Counter((who, m.moment.value, standing(m)) for who, m in counted)
    wanted = Counter((who, moment, state) for (who, moment), state in expected.items())
    wanted.update((who, moment, MERGED) for who, moment in merged)
    surprises = [f"{count} × {' '.join(key)} was not expected" for key, count in (found - wanted).items()]
    return surprises + [f"{' '.join(key)} did not happen" for key in (wanted - found)]


def _checks(running: Running) -> list[str]:
    """What must hold in the end, beyond the messages."""
    app, surprises = running.app, []
    entries = {brand: app.quarantine.list(brand) for brand in BRANDS}
    if len(entries["larkspur"]) != 1 or entries["fjordhus"]:
        surprises.append("one quarantined body of Larkspur was expected, and none of Fjordhus")
    codes = _codes(running)
    if codes != ["larkspur millrace_couriers GATE/7"]:
        surprises.append(f"one code without a meaning was expected, Millrace's gate: {', '.join(codes) or 'none'}")
    texts = texts_to(running, "noor")[1:]
    if len(texts) != 1 or not texts[0].startswith("Larkspur: Out for delivery"):
        surprises.append("one text was expected after Noor's sign-up was confirmed: that her parcel is on the van")
    if len(running.refunds.paid) != 1:
        surprises.append(f"one refund was expected, {len(running.refunds.paid)} were paid")
    done = [f"{one.kind} {one.data['amount']}" for one in running.refunds.done.values()]
    if done != ["credit.requested 5060"]:
        surprises.append(f"46.00 and a tenth as store credit was expected for Theo: {', '.join(done) or 'nothing'}")
    for name in ("InboundDlqUrl", "StreamFailuresUrl", "WorkflowFailuresUrl", "RuleFailuresUrl"):
        attributes = running.cloud.client("sqs").get_queue_attributes(
            QueueUrl=running.stack.outputs[name], AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]
        if int(attributes["ApproximateNumberOfMessages"]):
            surprises.append(f"{name.removesuffix('Url')} is not empty")
    return surprises


def _codes(running: Running) -> list[str]:
    """Codes without a meaning."""
    codes = [code for brand in BRANDS for code in running.app.codes.of_brand(brand)]
    return [f"{code.brand} {code.source} {code.code}" for code in codes if code.meaning is None]


def _total(running: Running, metric: str) -> int:
    """The sum of a metric over its dimensions, over the days of the story."""
    now, cloudwatch, total = datetime.now(UTC), running.cloud.client("cloudwatch"), 0.0
    for found in cloudwatch.list_metrics(Namespace=f"Porchlight/{STAGE}", MetricName=metric)["Metrics"]:
        if found["Dimensions"]:  # without any: the same numbers once more, for alarms
            points = cloudwatch.get_metric_statistics(
                **found,
                StartTime=now - timedelta(days=DAYS + 1),
                EndTime=now + timedelta(days=1),
                Period=86400,
                Statistics=["Sum"],
            )["Datapoints"]
            total += sum(point["Sum"] for point in points)
    return int(total)


def _learned(running: Running) -> int:
    """Parcels of this month and last whose dates were counted as kept or broken."""
    calibrations = [running.app.learned.calibration(brand) for brand in BRANDS]
    months = [sums for found in calibrations for lanes in found.months.values() for sums in lanes.values()]
    return sum(sums[0] for sums in months)


def _table(running: Running, traffic: Traffic, messages: dict[str, list[MessageRecord]]) -> list[dict[str, object]]:
    states = Counter(message.state for records in messages.values() for message in records)
    sent = [one for records in messages.values() for one in records if one.state is MessageState.SENT]
    returns = [traffic.look(who) for who in traffic.returns]
    rows = {
        "webhooks accepted": traffic.answers["accepted"] + running.carriers.accepted,
        "webhooks refused (forged or unsigned)": traffic.answers["refused"],
        "webhooks to unknown carriers": traffic.answers["unknown"],
        "bodies quarantined": sum(len(running.app.quarantine.list(b)) for b in BRANDS),
        "answers of carriers that were asked": _total(running, "Asked"),
        "subscriptions with a handshake": sum(one.active for one in running.carriers.subscriptions.values()),
        "codes without a meaning": len(_codes(running)),
        "tracking events recorded": _total(running, "EventsRecorded"),
        "events known already, ignored": _total(running, "EventsIgnored"),
        "messages sent": states[MessageState.SENT],
        "of these by SMS": sum(one.channel == Channel.SMS for one in sent),
        "of these after a wait for their hour or for others": sum(map(waited, sent)),
        "messages merged into another": states[MessageState.MERGED],
        "messages suppressed": states[MessageState.SUPPRESSED],
        "texts on phones": len(running.phones.taken),
        "delays declared": _total(running, "DelaysDeclared"),
        "cases that people decided": len(traffic.decided),
        "parcels behind the rates of kept dates": _learned(running),
        "returns": len(traffic.returns),
        "of these by the portal": sum(one["source"] == "portal" for one in returns),
        "withdrawals by law": sum(one["kind"] == "withdrawal" for one in returns),
        "refunds paid": len(running.refunds.paid),
        "store credits given": sum(one.kind == "credit.requested" for one in running.refunds.done.values()),
    }
    return [{"what": what, "count": count} for what, count in rows.items()]


def up(*, port: int, output: Output) -> int:
    """Start and deploy without traffic, in a process of its own that stays up until ``porchlight down``."""
    with contextlib.suppress(StackError):
        known = Stack.load()
        if known.answers():
            output.fail(f"It is up already, at {known.links.get('api')}. Stop it first: porchlight down")
    STACK_FILE.unlink(missing_ok=True)
    _LOG.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "local.demo.serve", str(port)]
    with output.step("Starting, building and deploying"), _LOG.open("wb") as log:
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        while not STACK_FILE.exists() and server.poll() is None:
            time.sleep(0.1)
    if server.poll() is not None:
        output.fail(_LOG.read_text(errors="replace").strip() or "it ended at once, without a word")
    stack = Stack.load()
    rows = [{"name": name, "value": value} for name, value in sorted(stack.outputs.items())]
    links = {name: address for name, address in stack.links.items() if name != "pid"}
    output.report("Porchlight is up; stop it with: porchlight down", rows, links)
    return 0


def serve(port: int) -> None:
    """What ``up`` starts: the local cloud and its front door, until it is told to stop."""
    output = Output()
    try:
        running = Running.start(output, port=port)
    except _EXPECTED_TROUBLE as error:
        output.fail(str(error))
    with running, _ends_on_signals(), contextlib.suppress(KeyboardInterrupt):
        keys = {f"ApiKeyOf{brand.title()}": key for brand, key in running.credentials.api_keys.items()}
        links = {**running.stack.links, "pid": str(os.getpid())}
        dataclasses.replace(running.stack, links=links, outputs={**running.stack.outputs, **keys}).save()
        try:
            signal.pause()
        finally:
            running.stack.forget()


def down(*, output: Output) -> int:
    """Stop what `porchlight up` started."""
    try:
        stack = Stack.load()
        pid = int(stack.links["pid"])
    except KeyError:
        output.fail("This one was started by `porchlight demo`: stop it there, with Ctrl-C.")
    except StackError as error:
        output.fail(str(error))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    awaited(lambda: not _alive(pid), "the local cloud has stopped", within=15)
    stack.forget()
    output.say("Stopped.")
    return 0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
