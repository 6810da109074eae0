"""One run over all that one source is to be asked, told and done for one brand."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import zip_longest
from typing import Any

from porchlight.asking import Errand
from porchlight.connectors import Account
from porchlight.domain.brands import BrandConfig
from porchlight.domain.exchange import LEASE, Exchange, Line, is_open
from porchlight.domain.milestones import Milestone
from porchlight.domain.watching import Means, State, Step, step
from porchlight.errors import ConflictError, PorchlightError
from porchlight.services.asking.asks import Asker
from porchlight.services.asking.errands import put_off, rest, run_errand
from porchlight.services.asking.office import Office, Parcel
from porchlight.services.asking.speaker import LineShutError, Speaker, digest_of
from porchlight.services.asking.subscriptions import Subscriber

PAGE = 300
FILL = timedelta(minutes=5)
"""A call that has room is filled with what is due so soon."""


@dataclass
class Desk:
    """One brand and one source. ``errands`` are those that are due for both."""

    office: Office
    kind: str
    source: str
    brand: BrandConfig
    until: datetime
    """No call begins after this."""
    errands: list[Errand] = field(default_factory=list)

    def run(self) -> str:
        """Do what is due; returns what came of it in a word: ``idle``, ``no_account``, ``shut``, ``busy``, ``done``."""
        now = self.office.pulse.now()
        due = self._due(now) if self._is_asked else []
        connector = self.office.sources.connector(self.kind, self.source) if due or self.errands else None
        if connector is None:
            return "idle"
        accounts = [a for a in self.office.accounts.of(self.kind, self.source) if a.brand == self.brand.brand_id]
        accounts = [account for account in accounts if _has(account, connector.client.credentials)]
        if not accounts:
            self.office.metrics.count("AskRefused", carrier=self.source, why="no_account")
            for errand in self.errands:
                put_off(self.office, errand, "no account has what is needed to do what the webhook asks for")
            return "no_account"
        exchange = self.office.exchanges.get(self.brand.brand_id, self.kind, self.source)
        lines = {account.account: _line(exchange, account) for account in accounts}
        if not any(is_open(line, now) for line in lines.values()):
            for errand in self.errands:
                rest(self.office, errand, _opens(lines.values(), now))
            return "shut"
        if not exchange.is_free(now):
            return "busy"
        update = {"lines": lines, "leased_until": now + LEASE, "version": exchange.version + 1}
        exchange = exchange.model_copy(update=update)
        try:
            self.office.exchanges.save(exchange)
        except ConflictError:
            return "busy"
        speakers = [
            Speaker(self.office, self.source, account, connector.client, lines[account.account], self.until)
            for account in accounts
        ]
        with self._working(exchange, speakers):
            self._errands(speakers)
            if due:
                _Round(self, connector, speakers).run(due)
        return "done"

    @property
    def _is_asked(self) -> bool:
        return self.kind == "carriers" and self.source in self.brand.tracking.ask

    def _due(self, until: datetime) -> list[str]:
        found = self.office.watches.due(self.brand.brand_id, self.source, until, PAGE)
        return [shipment_id for shipment_id, _ in found]

    @contextmanager
    def _working(self, exchange: Exchange, speakers: Sequence[Speaker]) -> Iterator[None]:
        """Gives the lines back as they are then, whatever happens; a run that is killed holds them for a minute."""
        try:
            yield
        finally:
            lines = {speaker.account.account: speaker.line for speaker in speakers}
            update = {"lines": lines, "leased_until": None, "version": exchange.version + 1}
            with suppress(ConflictError):  # we took so long that another run has the lines now
                self.office.exchanges.save(exchange.model_copy(update=update))

    def _errands(self, speakers: Sequence[Speaker]) -> None:
        for errand in self.errands:
            mine = [speaker for speaker in speakers if speaker.account.account == errand.account] or speakers
            for speaker in (one for one in mine if one.is_open):
                try:
                    run_errand(self.office, speaker, errand)
                except LineShutError:
                    continue
                except PorchlightError:
                    raise  # a port of ours is away: nothing is known against the errand
                except Exception:
                    put_off(self.office, errand, "the errand cannot be done")
                    raise
                break
            else:
                if not any(speaker.is_open for speaker in mine):
                    rest(self.office, errand, _opens([speaker.line for speaker in mine], self.office.pulse.now()))


class _Round:
    """The watches of a desk that are due, page by page."""

    def __init__(self, desk: Desk, connector: Any, speakers: Sequence[Speaker]) -> None:
        self.desk = desk
        self.office = desk.office
        self.speakers = speakers
        self.connector = connector
        self.batch: int = connector.client.batch
        self.asker = Asker(desk.office, desk.brand, desk.source, connector)
        subscriptions = getattr(connector, "subscriptions", None)
        self.subscribers = [one for one in speakers if subscriptions and _has(one.account, subscriptions.credentials)]
        self.subscriber = Subscriber(desk.office, desk.brand, desk.source, subscriptions)
        self.means = Means(ask=self.batch > 0, subscribe=bool(self.subscribers))
        self.seen: set[str] = set()

    def run(self, due: list[str]) -> None:
        """Until nothing is due, no line is open any more, or the time is over."""
        try:
            while (fresh := [one for one in due if one not in self.seen]) and self.office.pulse.now() < self.desk.until:
                self._page(fresh)
                if len(due) < PAGE:
                    return
                due = self.desk._due(self.office.pulse.now())
        except LineShutError:
            return

    def _page(self, due: Sequence[str]) -> None:
        to_subscribe: list[Parcel] = []
        to_revive: list[Parcel] = []
        to_ask: list[Parcel] = []
        places = {Step.SUBSCRIBE: to_subscribe, Step.REVIVE: to_revive, Step.ASK: to_ask}
        for shipment_id in due:
            self.seen.add(shipment_id)
            if (found := self._looked_at(shipment_id)) is not None:
                places[found[0]].append(found[1])
        later: list[Parcel] = []
        size = self.subscriber.subscriptions.batch if self.subscribers else 1
        news = [to_subscribe[start : start + size] for start in range(0, len(to_subscribe), size)]
        # In turns: where calls are few, new parcels do not keep those on their way from being asked about.
        for batch, part in zip_longest(self._batches(to_ask), news):
            if batch:
                self._by(self.speakers, partial(self._ask_for, batch))
            if part:
                later += self._told(self.subscribers, partial(self._subscribe, part), part)
        for parcel in to_revive:
            later += self._told(self._holder_of(parcel), partial(self._revive, parcel), [parcel])
        for batch in self._batches(later):
            self._by(self.speakers, partial(self._ask_for, batch))

    def _looked_at(self, shipment_id: str, *, early: bool = False) -> tuple[Step, Parcel] | None:
        """What is to be done about a parcel; what only needs a note is noted. ``early``: it is not due yet."""
        now = self.office.pulse.now()
        shipment, watch = self.office.watches.get(self.desk.brand.brand_id, shipment_id)
        if shipment is None or watch is None or watch.state is State.ENDED or watch.source != self.desk.source:
            return None
        if not early and watch.due_at and watch.due_at > now:
            return None
        policy = self.desk.brand.tracking
        what, after = step(shipment, watch, self.means, policy, now)
        if what in (Step.WAIT, Step.END):
            if not early:
                self.office.settle(
                    Parcel(shipment, watch), lambda watch, shipment: step(shipment, watch, self.means, policy, now)[1]
                )
            return None
        return what, Parcel(shipment, after)

    def _batches(self, parcels: list[Parcel]) -> list[list[Parcel]]:
        """Those on the van first; then those that were not answered before, in halves, quarters … of a call: a number
        that spoils the answers of others is alone in the end.
        """
        if not self.means.ask:
            return []
        parcels.sort(key=lambda parcel: parcel.shipment.milestone is not Milestone.OUT_FOR_DELIVERY)
        by_failures: dict[int, list[Parcel]] = defaultdict(list)
        for parcel in parcels:
            by_failures[min(parcel.watch.failures, 10)].append(parcel)
        if by_failures[0]:
            by_failures[0] += self._early(-len(by_failures[0]) % self.batch)
        batches = []
        for failures, some in sorted(by_failures.items()):
            size = max(1, self.batch >> failures)
            batches += [some[start : start + size] for start in range(0, len(some), size)]
        return batches

    def _ask_for(self, parcels: Sequence[Parcel], speaker: Speaker) -> None:
        with self._resting(parcels):
            self.asker.ask(speaker, parcels)

    def _subscribe(self, parcels: Sequence[Parcel], speaker: Speaker) -> list[Parcel]:
        with self._resting(parcels):
            return self.subscriber.subscribe(speaker, parcels)

    @contextmanager
    def _resting(self, parcels: Sequence[Parcel]) -> Iterator[None]:
        """What we stumble over rests, or it would be the first thing that every run stumbles over."""
        try:
            yield
        except (LineShutError, PorchlightError):
            raise
        except Exception:
            self.asker.failed(parcels, self.office.pulse.now())
            raise

    def _revive(self, parcel: Parcel, speaker: Speaker) -> list[Parcel]:
        after = self.subscriber.revive(speaker, parcel)
        return [after] if after else []

    def _told(
        self, speakers: Sequence[Speaker], what: Callable[[Speaker], list[Parcel]], parcels: list[Parcel]
    ) -> list[Parcel]:
        """What is to be asked about after the source was told of parcels; all, where only an account that cannot tell
        it is left.
        """
        try:
            return self._by(speakers, what)
        except LineShutError:
            if any(one.is_open for one in speakers) or not any(one.is_open for one in self.speakers):
                raise
            return parcels

    def _early(self, room: int) -> list[Parcel]:
        """As many parcels as a call has room for, of those that are due within minutes."""
        found: list[Parcel] = []
        if not room:
            return found
        for shipment_id in self.desk._due(self.office.pulse.now() + FILL):
            if len(found) == room:
                break
            looked = None if shipment_id in self.seen else self._looked_at(shipment_id, early=True)
            if looked and looked[0] is Step.ASK:
                self.seen.add(shipment_id)
                found.append(looked[1])
        return found

    def _holder_of(self, parcel: Parcel) -> list[Speaker]:
        """Who may speak about a subscription: the account that made it, as long as it is there."""
        mine = [speaker for speaker in self.subscribers if speaker.account.account == parcel.watch.account]
        return mine or self.subscribers

    def _by[T](self, speakers: Sequence[Speaker], what: Callable[[Speaker], T]) -> T:
        """Whoever's turn is first does it; another takes over where a line is shut. LineShutError where all are."""
        ready = [speaker for speaker in speakers if speaker.is_open]
        for speaker in sorted(ready, key=lambda one: (one.line.next_call_at is not None, one.line.next_call_at)):
            try:
                return what(speaker)
            except LineShutError:
                continue
        raise LineShutError


def _opens(lines: Iterable[Line], now: datetime) -> datetime:
    """When the first of some lines may be used."""
    return min((line.shut_until for line in lines if line.shut_until), default=now)


def _line(exchange: Exchange, account: Account) -> Line:
    known, digest = exchange.lines.get(account.account), digest_of(account)
    return known if known and known.of == digest else Line(of=digest)


def _has(account: Account, names: Sequence[str]) -> bool:
    return all(account.credentials.get(name) for name in names)
