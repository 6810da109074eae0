"""What everybody who asks needs: ports, time, and the tokens of this process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from porchlight.asking import Caller, Errands, Exchanges, Sources, Watches
from porchlight.domain.ids import number_key
from porchlight.domain.shipments import Shipment
from porchlight.domain.watching import State, Watch
from porchlight.ports import Accounts, Brands, Inbound, Metrics, Quarantine
from porchlight.services.retrying import until_settled


@dataclass(frozen=True)
class Pulse:
    """Time and chance, which services do not look up by themselves."""

    now: Callable[[], datetime]
    pause: Callable[[float], object]
    """Waits so many seconds."""
    chance: Callable[[], float]
    """From 0 to 1."""


@dataclass
class Tokens:
    """OAuth tokens, kept by the process until shortly before they end."""

    _kept: dict[tuple[str, ...], tuple[str, datetime]] = field(default_factory=dict)

    def get(self, key: tuple[str, ...], now: datetime) -> str:
        """The token, "" where there is none that still works."""
        token, until = self._kept.get(key, ("", now))
        return token if until > now else ""

    def put(self, key: tuple[str, ...], token: str, until: datetime) -> None:
        """Keep a token until an instant."""
        self._kept[key] = (token, until)

    def drop(self, key: tuple[str, ...]) -> None:
        """Forget a token that was refused."""
        self._kept.pop(key, None)


@dataclass(frozen=True)
class Parcel:
    """A parcel with its watch."""

    shipment: Shipment
    watch: Watch


@dataclass(frozen=True)
class Office:
    """The ports. ``public_url`` is where sources reach us."""

    watches: Watches
    errands: Errands
    exchanges: Exchanges
    accounts: Accounts
    brands: Brands
    sources: Sources
    inbound: Inbound
    quarantine: Quarantine
    caller: Caller
    metrics: Metrics
    pulse: Pulse
    tokens: Tokens
    public_url: Callable[[], str]

    def number_of(self, source: str, shipment: Shipment) -> str:
        """The number as a source is asked about it: an aggregator has to be told whose it is."""
        number = number_key(shipment.tracking_number)
        return f"{shipment.carrier}:{number}" if "aggregator" in self.sources.abilities(source) else number

    def settle(self, parcel: Parcel, change: Callable[[Watch, Shipment], Watch]) -> Parcel | None:
        """Write the watch as ``change`` makes it. Where somebody was quicker it is made anew from what is stored then;
        None where nobody looks at the parcel any more.
        """
        known: Parcel | None = parcel

        def attempt() -> Parcel | None:
            nonlocal known
            if known is None:
                shipment, watch = self.watches.get(parcel.watch.brand, parcel.watch.shipment_id)
                if shipment is None or watch is None or watch.state is State.ENDED:
                    return None
                known = Parcel(shipment, watch)
            before, known = known, None
            after = change(before.watch, before.shipment)
            after = after.model_copy(update={"version": before.watch.version + 1})
            self.watches.save(after)
            return Parcel(before.shipment, after)

        return until_settled(attempt)
