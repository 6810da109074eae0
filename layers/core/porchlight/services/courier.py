"""Hands each message to the first provider of its channel that is well and takes it.

::

    provider 1 ── took it ──────────────────────────────► done
       │  its breaker is shut, or it surely did not take it (throttled, refused, not reached)
       ▼
    provider 2 …                                  ──────► done, and ``ChannelFailovers``

    no answer from any of them: it may have been taken; nobody else is asked (docs/decisions/029)
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from porchlight.domain.breakers import Breaker, Gate, failed, probed, worked
from porchlight.domain.channels import Channel
from porchlight.domain.outreach import ChannelPolicy
from porchlight.domain.reputation import Outcome
from porchlight.errors import (
    NO_ANSWER,
    THROTTLED,
    AddressRefusedError,
    ConflictError,
    PermanentProviderError,
    PorchlightError,
    TransientError,
)
from porchlight.ports import Brands, Metrics
from porchlight.reaching import Breakers, HandedOver, Outgoing, Provider, Quotas, Reputations, TextContent

COUNT_EVERY = timedelta(seconds=2)
"""A busy process counts what it sent this often, not message by message: all of them write to one item."""
_STRANGERS = frozenset({Channel.WEB_PUSH})
"""Each address is one of another server, which anybody may have: that it fails says nothing of the others."""
_TRIES = 3
_OUTCOME = {THROTTLED: "throttled", NO_ANSWER: "no_answer"}

_Line = tuple[str, Channel, str]


@dataclass
class _Memory:
    """What this process alone knows of a line to a provider."""

    in_a_row: int = 0
    """Failures."""
    taken: int = 0
    """Since the failure before."""
    probing: bool = False


@dataclass
class _Sent:
    """What this process sent and has not counted yet."""

    count: int = 0
    counted_at: datetime | None = None


@dataclass
class Courier:
    """``reaching.Courier``. One for each process: it remembers."""

    brands: Brands
    provider: Callable[[str], Provider]
    """By id."""
    breakers: Breakers
    quotas: Quotas
    reputations: Reputations
    metrics: Metrics
    pause: Callable[[float], None]
    """For so many seconds."""
    chance: Callable[[], float]
    _lines: dict[_Line, _Memory] = field(default_factory=dict)
    _sent: dict[tuple[str, Channel], _Sent] = field(default_factory=dict)

    def hand_over(self, message: Outgoing, now: datetime) -> HandedOver:
        """Ask one provider after the other, until one takes it or may have taken it."""
        policy = self._policy(message)
        hope: TransientError | None = None
        refusal = PermanentProviderError("the channel has no providers", code="not-set-up")
        skipped = ""
        for name in policy.providers:
            line = (message.brand, message.channel, name)
            if not self._is_open(line, message, policy, now):
                hope, skipped = TransientError("the provider is shut"), skipped or name
                continue
            try:
                taken = HandedOver(provider=name, provider_id=self._ask(line, message, now))
            except AddressRefusedError:
                raise
            except PermanentProviderError as error:
                refusal, skipped = error, skipped or name
            except TransientError as error:
                if error.problem == NO_ANSWER:
                    raise
                hope, skipped = error, skipped or name
            else:
                if skipped:
                    self.metrics.count("ChannelFailovers", channel=message.channel, provider=skipped)
                self._count(message, now)
                return taken
        raise hope or refusal

    def _policy(self, message: Outgoing) -> ChannelPolicy:
        found = self.brands.get(message.brand).outreach.providers.get(message.channel)
        if found is None:
            raise PermanentProviderError("the channel has no providers", code="not-set-up")
        return found

    def _is_open(self, line: _Line, message: Outgoing, policy: ChannelPolicy, now: datetime) -> bool:
        """True when the message may be sent by it now: after the wait for its turn, and as the only one where the
        provider was shut.
        """
        breaker = self.breakers.get(*line)
        if breaker.gate(now) is Gate.SHUT:
            return False
        parts = message.content.parts if isinstance(message.content, TextContent) else 1
        if wait := self.quotas.take(*line, policy.per_second, parts):
            self.pause(wait)
        if breaker.gate(now) is Gate.CLOSED:
            return True
        try:
            self.breakers.save(probed(breaker, now))
        except ConflictError:  # somebody else tries
            return False
        self._memory(line).probing = True
        return True

    def _ask(self, line: _Line, message: Outgoing, now: datetime) -> str:
        try:
            provider_id = self.provider(line[2]).send(message)
        except TransientError as error:
            self.metrics.count(
                "ProviderFailures",
                channel=line[1],
                provider=line[2],
                outcome=_OUTCOME.get(error.problem, "unavailable"),
            )
            if error.problem != THROTTLED and line[1] not in _STRANGERS:
                self._failed(line, now)
            raise
        except PermanentProviderError as error:
            if not isinstance(error, AddressRefusedError):
                self.metrics.count("ProviderFailures", channel=line[1], provider=line[2], outcome="refused")
            self._answered(line)
            raise
        self._answered(line)
        return provider_id

    def _memory(self, line: _Line) -> _Memory:
        return self._lines.setdefault(line, _Memory())

    def _answered(self, line: _Line) -> None:
        """Nothing is written but the end of a bad time."""
        memory = self._memory(line)
        memory.in_a_row, memory.taken = 0, memory.taken + 1
        if memory.probing:
            memory.probing = False
            self._change(line, worked)

    def _failed(self, line: _Line, now: datetime) -> None:
        memory = self._memory(line)
        memory.in_a_row += 1
        taken, probe, chance = memory.taken, memory.probing, self.chance()
        memory.taken, memory.probing = 0, False

        def change(breaker: Breaker) -> Breaker:
            return failed(breaker, now, in_a_row=memory.in_a_row, taken=taken, probe=probe, chance=chance)

        if self._change(line, change) is Gate.SHUT:
            self.metrics.count("ProvidersShut", channel=line[1], provider=line[2])

    def _change(self, line: _Line, change: Callable[[Breaker], Breaker]) -> Gate | None:
        """What is written about a provider never decides about the message: that has its outcome. Returns the new gate
        where it is another one.
        """
        with suppress(PorchlightError):
            for _ in range(_TRIES):
                before = self.breakers.get(*line, fresh=True)
                after = change(before)
                try:
                    self.breakers.save(after)
                except ConflictError:
                    continue
                if after.shut_until != before.shut_until:
                    return Gate.SHUT if after.shut_until else Gate.CLOSED
                return None
        return None

    def _count(self, message: Outgoing, now: datetime) -> None:
        """For the shares of bounces and complaints."""
        sent = self._sent.setdefault((message.brand, message.channel), _Sent())
        sent.count += 1
        if sent.counted_at and now - sent.counted_at < COUNT_EVERY:
            return
        with suppress(PorchlightError):  # the message is sent, whatever becomes of the count
            self.reputations.count(message.brand, message.channel, Outcome.SENT, now, by=sent.count)
            sent.count = 0
        sent.counted_at = now
