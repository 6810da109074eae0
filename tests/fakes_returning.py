"""In memory: what returns need of the outside world (``porchlight.returning``)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from porchlight.domain.brands import BrandConfig
from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.return_history import History
from porchlight.domain.returns import Return
from porchlight.domain.rma.ledger import Ledger
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.errors import ConflictError
from porchlight.returning import Answer, Instruction, SenderAddress
from tests.fakes import FakeReturns


class FakeLedgers:
    """Ledgers, written together with returns or not at all."""

    def __init__(self, returns: FakeReturns) -> None:
        self.returns = returns
        self.records: dict[tuple[str, str], Ledger] = {}

    def get(self, brand: str, order_id: str) -> Ledger | None:
        return self.records.get((brand, order_id))

    def save(self, ledger: Ledger, request: Return | None = None) -> None:
        key = (ledger.brand, ledger.order_id)
        stored = self.records.get(key)
        if (stored.version if stored else 0) != ledger.version - 1:
            raise ConflictError("ledger changed")
        if request:
            self.returns.update(request)
        self.records[key] = ledger


class FakeSettlements:
    """A provider that does each thing once, whatever it answers, however often it is asked."""

    def __init__(self, state: SettlementState = SettlementState.DONE) -> None:
        self.kinds = frozenset(SettlementKind)
        self.state = state
        self.done: dict[str, Instruction] = {}
        self.calls: list[Instruction] = []
        self.looked: list[str] = []
        self.fails: list[Exception] = []
        self.why = ""

    def carry_out(self, brand: BrandConfig, wanted: Instruction) -> Answer:
        del brand
        self.calls.append(wanted)
        if self.fails:
            raise self.fails.pop(0)
        self.done.setdefault(wanted.key, wanted)
        return self._answer(wanted)

    def look(self, brand: BrandConfig, wanted: Instruction, reference: str) -> Answer:
        del brand, reference
        self.looked.append(wanted.key)
        return self._answer(wanted)

    def moved(self, kind: SettlementKind = SettlementKind.REFUND) -> int:
        """Minor units of a kind that left, each key once."""
        return sum(one.amount.amount for one in self.done.values() if one.kind is kind)

    def _answer(self, wanted: Instruction) -> Answer:
        order = f"order-{wanted.key}" if wanted.kind in (SettlementKind.EXCHANGE, SettlementKind.REPLACE) else ""
        return Answer(state=self.state, reference=f"ref-{wanted.key}", why=self.why, order=order)


class FakeAddresses:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str, str], SenderAddress] = {}

    def put(self, brand: str, shopper_id: str, return_id: str, address: SenderAddress, now: datetime) -> None:
        del now
        self.records[brand, shopper_id, return_id] = address

    def get(self, brand: str, shopper_id: str, return_id: str) -> SenderAddress | None:
        return self.records.get((brand, shopper_id, return_id))


class FakeHistories:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str], History] = {}
        self.shared: dict[tuple[str, str], set[str]] = defaultdict(set)

    def get(self, brand: str, shopper_id: str) -> History:
        return self.records.get((brand, shopper_id), History(brand=brand, shopper_id=shopper_id))

    def save(self, history: History) -> None:
        if self.get(history.brand, history.shopper_id).version != history.version - 1:
            raise ConflictError("history changed")
        self.records[history.brand, history.shopper_id] = history

    def share(self, brand: str, fingerprint: str, shopper_id: str, now: datetime) -> int:
        del now
        self.shared[brand, fingerprint].add(shopper_id)
        return len(self.shared[brand, fingerprint])

    def sharing(self, brand: str, fingerprints: Sequence[str]) -> Mapping[str, int]:
        return {one: len(self.shared[brand, one]) for one in fingerprints}


class FakeLaws:
    """One law for all countries; without one, the law knows no right."""

    def __init__(self, profile: StatutoryProfile | None = None) -> None:
        self.profile = profile or StatutoryProfile(country="default")

    def of(self, brand: str, country: str | None) -> StatutoryProfile:
        del brand, country
        return self.profile
