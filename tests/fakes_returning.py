"""In memory: what returns need of the outside world (``porchlight.returning``)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from porchlight.adapters.dynamodb import keys
from porchlight.domain.brands import BrandConfig
from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.law.statement import Statement
from porchlight.domain.return_history import History
from porchlight.domain.returns import Return
from porchlight.domain.rma.goods import Unmatched
from porchlight.domain.rma.ledger import Ledger
from porchlight.domain.rma.names import ReturnMethod, SettlementKind, SettlementState
from porchlight.errors import ConflictError, NotFoundError
from porchlight.returning import Answer, Instruction, LabelMade, LabelRequest, SenderAddress
from tests.fakes import FakeReturns


class FakeLedgers:
    """Ledgers, written together with returns or not at all."""

    def __init__(self, returns: FakeReturns) -> None:
        self.returns = returns
        self.records: dict[tuple[str, str], Ledger] = {}

    def get(self, brand: str, order_id: str) -> Ledger | None:
        return self.records.get((brand, order_id))

    def due(self, brand: str, now: datetime, limit: int = 100, after: str = "") -> tuple[list[Ledger], str]:
        places = {
            f"{keys.instant(one.check_at)}#{one.order_id}": one
            for (of, _), one in self.records.items()
            if of == brand and one.check_at and one.check_at <= now
        }
        found = sorted(place for place in places if place > after)[:limit]
        return [places[place] for place in found], found[-1] if len(found) == limit else ""

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
        self.alone: frozenset[SettlementKind] = frozenset()
        self.looks = True
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

    def share(self, brand: str, fingerprints: Sequence[str], shopper_id: str, now: datetime) -> None:
        del now
        for one in fingerprints:
            self.shared[brand, one].add(shopper_id)

    def sharing(self, brand: str, fingerprints: Sequence[str]) -> Mapping[str, int]:
        return {one: min(20, len(self.shared[brand, one])) for one in fingerprints}

    def erase(self, brand: str, shopper_id: str, at: datetime) -> None:
        history = self.get(brand, shopper_id)
        for one in history.fingerprints:
            self.shared[brand, one].discard(shopper_id)
        if history.erased_at is None:
            self.save(history.forgotten(at))


class FakeUnmatchedGoods:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str], Unmatched] = {}

    def put(self, goods: Unmatched) -> None:
        self.records[goods.brand, goods.receipt.receipt_id] = goods

    def list(self, brand: str, limit: int = 100) -> list[Unmatched]:
        found = [one for one in self.records.values() if one.brand == brand]
        return sorted(found, key=lambda one: (one.noted_at, one.receipt.receipt_id))[:limit]

    def remove(self, brand: str, receipt_id: str) -> None:
        self.records.pop((brand, receipt_id), None)


class FakeLaws:
    """One law for all countries; without one, the law knows no right."""

    def __init__(self, profile: StatutoryProfile | None = None) -> None:
        self.profile = profile or StatutoryProfile(country="default")

    def of(self, brand: str, country: str | None) -> StatutoryProfile:
        del brand, country
        return self.profile


class FakeDocuments:
    """A bucket; ``forms`` are the forms that were given out."""

    def __init__(self) -> None:
        self.bodies: dict[str, tuple[bytes, str]] = {}
        self.forms: list[tuple[str, str, int, int]] = []

    def put(self, name: str, body: bytes, kind: str) -> None:
        self.bodies[name] = (body, kind)

    def get(self, name: str) -> bytes:
        if name not in self.bodies:
            raise NotFoundError("no such document")
        return self.bodies[name][0]

    def upload_form(
        self, name: str, kind: str, most_bytes: int, seconds: int, back: str = ""
    ) -> tuple[str, Mapping[str, str]]:
        self.forms.append((name, kind, most_bytes, seconds))
        return "https://bucket.example", {"key": name, "Content-Type": kind, **({"back": back} if back else {})}

    def exists(self, name: str, kind: str, most_bytes: int) -> bool:
        body, found = self.bodies.get(name, (b"", ""))
        return found == kind and 0 < len(body) <= most_bytes

    def remove(self, name: str) -> None:
        self.bodies.pop(name, None)


class FakeLabels:
    """A provider that makes one label for one key, whatever it answers, however often it is asked."""

    def __init__(self, *, needs_address: bool = True) -> None:
        self.methods = frozenset({ReturnMethod.LABEL, ReturnMethod.QR})
        self.needs_address = needs_address
        self.made: dict[str, LabelMade] = {}
        self.calls: list[LabelRequest] = []
        self.fails: list[Exception] = []
        """Raised instead of being asked."""
        self.loses: list[Exception] = []
        """Raised after it was done."""
        self.voided: list[str] = []
        self.used: set[str] = set()

    def make(self, brand: BrandConfig, wanted: LabelRequest) -> LabelMade:
        del brand
        self.calls.append(wanted)
        if self.fails:
            raise self.fails.pop(0)
        number = f"9400{len(self.made):016}"
        code = wanted.method is ReturnMethod.QR
        made = LabelMade(
            carrier="usps",
            tracking_number=number,
            reference=f"lab-{number}",
            document=b"\x89PNG\r\n\x1a\n" if code else b"%PDF-1.4 label",
            kind="image/png" if code else "application/pdf",
        )
        self.made.setdefault(wanted.key, made)
        if self.loses:
            raise self.loses.pop(0)
        return self.made[wanted.key]

    def void(self, brand: BrandConfig, reference: str) -> bool:
        del brand
        if reference in self.used:
            return False
        self.voided.append(reference)
        return True


class FakeStatements:
    """Statements of withdrawal; ``fails`` are raised by the next writes."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], Statement] = {}
        self.dues: dict[tuple[str, str], datetime] = {}
        self.fails: list[Exception] = []

    def put(self, statement: Statement) -> bool:
        if self.fails:
            raise self.fails.pop(0)
        key = (statement.brand, statement.statement_id)
        if key in self.records:
            return False
        self.records[key], self.dues[key] = statement, statement.declared_at
        return True

    def get(self, brand: str, statement_id: str) -> Statement | None:
        return self.records.get((brand, statement_id))

    def save(self, statement: Statement, *, due_at: datetime | None) -> None:
        if self.fails:
            raise self.fails.pop(0)
        key = (statement.brand, statement.statement_id)
        if self.records[key].version != statement.version - 1:
            raise ConflictError("statement changed")
        self.records[key] = statement
        self.dues.pop(key, None)
        if due_at:
            self.dues[key] = due_at

    def due(self, now: datetime, limit: int = 100) -> Sequence[tuple[str, str]]:
        return sorted((key for key, at in self.dues.items() if at <= now), key=lambda key: self.dues[key])[:limit]
