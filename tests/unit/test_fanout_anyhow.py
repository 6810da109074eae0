"""Whatever happens: never without consent, never in quiet hours, never over a cap, never twice."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from porchlight.domain.changes import DomainEvent
from porchlight.domain.channels import LOUD, Channel, Level, Purpose
from porchlight.domain.consent import ConsentAction, OptIn, Standing, standing_key
from porchlight.domain.countries import Consents, CountryProfile, QuietRule
from porchlight.domain.fanout.decide import decide
from porchlight.domain.fanout.situation import Outcome, Sent
from porchlight.domain.messages import MessageState
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment, MomentSpec
from porchlight.domain.outreach import Cap, ChannelPolicy, Outreach
from porchlight.domain.preferences import Digest, Frequency, QuietHours
from porchlight.errors import ConflictError, TransientError
from tests.unit.situations import ADDRESS, NOON, outreach, profile, situation
from tests.unit.stories import after, order, parcel, scan
from tests.unit.test_messages_services import Killed, World

HOUR = timedelta(hours=1)
CHANNELS = st.lists(st.sampled_from(Channel), unique=True, min_size=1, max_size=5).map(tuple)
CAPS = st.lists(
    st.builds(
        Cap,
        channel=st.none() | st.sampled_from(Channel),
        purpose=st.none() | st.sampled_from(Purpose),
        at_most=st.integers(1, 3),
        hours=st.integers(1, 72),
    ),
    max_size=3,
).map(tuple)
STANDINGS = st.dictionaries(
    st.tuples(st.sampled_from(Purpose), st.sampled_from(Channel)),
    st.tuples(st.sampled_from(ConsentAction), st.booleans(), st.booleans()),
    max_size=8,
)
SENT = st.lists(
    st.builds(
        Sent,
        message_id=st.sampled_from(["m1", "m2", "m3", "m4"]),
        channel=st.sampled_from(Channel),
        purpose=st.sampled_from(Purpose),
        at=st.integers(0, 80).map(lambda hours: NOON - hours * HOUR),
    ),
    max_size=4,
    unique_by=lambda one: one.message_id,
)
HOURS = st.tuples(st.integers(0, 23), st.integers(0, 23)).map(
    lambda pair: QuietHours(start=time(pair[0]), end=time(pair[1]))
)
SPECS = st.builds(
    MomentSpec,
    purpose=st.sampled_from(Purpose),
    level=st.sampled_from(Level),
    channels=CHANNELS,
    owed=st.booleans(),
    gather_minutes=st.sampled_from([0, 5]),
)
OPT_IN = st.dictionaries(
    st.sampled_from(Channel),
    st.builds(
        Consents,
        service=st.sampled_from(OptIn),
        check_in=st.sampled_from(OptIn),
        marketing=st.sampled_from(OptIn),
    ),
)


def _in(hours: QuietHours, at: time) -> bool:
    """A second, plainer reading of quiet hours."""
    if hours.start == hours.end:
        return False
    if hours.start < hours.end:
        return hours.start <= at < hours.end
    return at >= hours.start or at < hours.end


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_is_sent_may_be_sent(data: st.DataObject) -> None:
    draw = data.draw
    spec: MomentSpec = draw(SPECS)
    hours, own, caps, opt_in = draw(HOURS), draw(st.none() | HOURS), draw(CAPS), draw(OPT_IN)
    standings = {
        standing_key(purpose, channel): Standing(
            action=action, consent_id="c", at=NOON, confirmed=sure, address_digest=ADDRESS[channel] if same else "old"
        )
        for (purpose, channel), (action, sure, same) in draw(STANDINGS).items()
    }
    chosen = profile(
        channels=draw(st.just(()) | CHANNELS),
        off=draw(st.frozensets(st.sampled_from(Purpose), max_size=2)),
        frequency=draw(st.sampled_from(Frequency)),
        digest=draw(st.sampled_from(Digest)),
        quiet=own,
    ).model_copy(update={"standings": standings})
    rule = QuietRule(hours=hours)
    the = situation(
        Moment.OUT_FOR_DELIVERY if spec.purpose is Purpose.SERVICE else Moment.RELATED_OFFER,
        spec,
        profile=chosen,
        country=CountryProfile(country="default", service=rule, marketing=rule, opt_in=opt_in),
        outreach=outreach(channels=draw(CHANNELS), caps=caps, urgent_passes_quiet_hours=False),
        sent=tuple(draw(SENT)),
        now=NOON + draw(st.integers(0, 30)) * HOUR,
        parcel_count=draw(st.integers(1, 3)),
        parcels=(parcel(milestone=Milestone.DELIVERED),),
        shipment=parcel(
            milestone=Milestone.OUT_FOR_DELIVERY if spec.purpose is Purpose.SERVICE else Milestone.DELIVERED, zone="UTC"
        ),
        released=draw(st.booleans()),
    )
    found = decide(the)
    if found.outcome is Outcome.SUPPRESS:
        assert found.reason
        assert found.checks[-1].outcome not in ("passed", "chosen")
        return
    channel = found.channel
    assert channel is not None
    assert channel in spec.channels
    _consented(the.spec, opt_in, standings, channel)
    if not spec.owed:
        assert spec.purpose not in chosen.preferences.off
        assert not chosen.preferences.channels or channel in chosen.preferences.channels
    if not (spec.owed or spec.level is Level.PROBLEM):
        _within_caps(the.sent, caps, channel, spec.purpose, the.now)
    at = the.now if found.outcome is Outcome.SEND else found.not_before
    assert at is not None
    assert at >= the.now
    loud = channel in LOUD or spec.purpose is not Purpose.SERVICE
    assert not (loud and _in(hours, at.time()))
    if loud and own and any(not _in(hours, time(h)) and not _in(own, time(h)) for h in range(24)):
        assert not _in(own, at.time())


def _consented(
    spec: MomentSpec, opt_in: dict[Channel, Consents], standings: dict[str, Standing], channel: Channel
) -> None:
    if spec.owed and channel is Channel.EMAIL:
        return
    needed = opt_in.get(channel, Consents()).of(spec.purpose)
    standing = standings.get(standing_key(spec.purpose, channel))
    assert not (standing and standing.action is ConsentAction.WITHDRAWN)
    if needed in (OptIn.SINGLE, OptIn.DOUBLE):
        assert standing
        assert standing.action is ConsentAction.GRANTED
        assert channel in (Channel.PUSH, Channel.WEB_PUSH) or standing.address_digest == ADDRESS[channel]
        assert needed is OptIn.SINGLE or standing.confirmed


def _within_caps(sent: Any, caps: tuple[Cap, ...], channel: Channel, purpose: Purpose, now: datetime) -> None:
    for cap in caps:
        if cap.channel in (None, channel) and cap.purpose in (None, purpose):
            within = [
                one
                for one in sent
                if one.at > now - timedelta(hours=cap.hours)
                and cap.channel in (None, one.channel)
                and cap.purpose in (None, one.purpose)
            ]
            assert len(within) < cap.at_most


class Storm(World):
    """Three orders of one shopper, a brand with SMS before email, and a cap."""

    def __init__(self, policy: Outreach) -> None:
        super().__init__(Milestone.OUT_FOR_DELIVERY)
        self.brands.brands["larkspur"] = self.brands.get("larkspur").model_copy(update={"outreach": policy})
        self.shopper = self.shopper.model_copy(update={"phone": "+441632960001"})
        self.orders.save(order(version=2), self.shopper)
        for number in (2, 3):
            self.orders.save(order(order_id=f"ord_{number}", version=1))
            first = scan(Milestone.OUT_FOR_DELIVERY, NOON)
            known = parcel(shipment_id=f"shp_{number}", order_id=f"ord_{number}")
            self.shipments.save(after(known, [first]), [first], due_at=None, link=True)

    def event(self, number: int, moment: Moment) -> DomainEvent:
        return self.news(moment).model_copy(
            update={"order_id": f"ord_{number}", "shipment_id": f"shp_{number}", "subject_id": f"shp_{number}"}
        )

    def attempt(self, number: int, moment: Moment, now: datetime) -> None:
        """What the machine does with one delivery of an event, and its retries."""
        for reference in self._again(lambda: self.plan(self.event(number, moment), now)) or []:
            self._again(lambda reference=reference: self.send(reference, now))

    def sweep(self, now: datetime) -> None:
        for due in list(self.due.due(0, now, 100)):
            if due.kind == "message":
                reference = {"brand": due.brand, "order_id": due.parent_id or "", "message_id": due.record_id}
                self._again(lambda reference=reference: self.send(reference, now))

    @staticmethod
    def _again(call: Any) -> Any:
        for _ in range(3):
            try:
                return call()
            except (TransientError, ConflictError):
                continue
        return None


STEPS = st.lists(
    st.tuples(
        st.integers(1, 3), st.sampled_from([Moment.OUT_FOR_DELIVERY, Moment.SHIPPED]), st.integers(0, 9), st.booleans()
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(0, 60), st.booleans(), st.integers(1, 3), st.sampled_from(Digest))
def test_a_storm_tells_each_moment_once_and_keeps_to_the_cap(
    steps: list[tuple[int, Moment, int, bool]], dies_at: int, afterwards: bool, at_most: int, digest: Digest
) -> None:
    """Given events repeated and shuffled, sweeps between, and a function that dies somewhere: each moment once, and no
    more SMS in a day than the cap says.
    """
    policy = outreach(
        providers={one: ChannelPolicy(providers=("one",)) for one in (Channel.SMS, Channel.EMAIL)},
        whatsapp=None,
        caps=(Cap(channel=Channel.SMS, at_most=at_most, hours=24),),
    )
    world, now = Storm(policy), NOON
    world.prefer(digest=digest)
    _dies(world, dies_at, afterwards)
    for number, moment, hours, swept in steps:
        now += timedelta(hours=hours) / 4
        with suppress(Killed):
            world.report(at=now)  # the provider says what it took before anything is sent again
        try:
            world.attempt(number, moment, now)
            if swept:
                world.sweep(now)
        except Killed:
            continue
    for days in (1, 2, 3):
        for hours in (0, 12):
            with suppress(Killed):
                world.report(at=now)
            with suppress(Killed):
                world.sweep(now + timedelta(days=days, hours=hours))
    told = Counter(
        (one.order_id, one.moment, one.subject_id)
        for one in world.messages.records.values()
        if one.state is MessageState.SENT
    )
    assert all(times == 1 for times in told.values())
    assert len({one.message_id for one in world.email.sent}) == len(world.email.sent)
    _kept(world, at_most)


def _kept(world: World, at_most: int) -> None:
    texts = sorted(one.sent_at for one in world.messages.records.values() if one.sent_at and one.channel == Channel.SMS)
    for at in texts:
        assert sum(at - timedelta(hours=24) < other <= at for other in texts) <= at_most


def _dies(world: World, step: int, afterwards: bool) -> None:
    """The ``step``-th call of a port never comes back: it was not made, or (``afterwards``) it was."""
    calls = count(1)

    def between(real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            here = next(calls) == step
            if here and not afterwards:
                raise Killed
            result = real(*arguments, **options)
            if here:
                raise Killed
            return result

        return call

    for port, names in (
        (world.orders, ("contents",)),
        (world.messages, ("plan", "get", "update")),
        (world.bundles, ("get", "save")),
        (world.touches, ("get", "save")),
        (world.email, ("hand_over",)),
    ):
        for name in names:
            setattr(port, name, between(getattr(port, name)))


def test_a_situation_is_not_changed_by_deciding() -> None:
    the = situation()
    assert decide(the) == decide(replace(the))
