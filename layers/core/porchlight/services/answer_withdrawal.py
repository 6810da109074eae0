"""Answers statements of withdrawal: the acknowledgement by email, the return, and a person where it is not clear.

Each step is recorded, and may be done again: the return is the one of the statement, the acknowledgement is written
down before and after it is handed over. Killed in between, it is handed over once more after five minutes: the law asks
for it, and one too many says the same.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.ids import stable_id
from porchlight.domain.law.statement import Statement
from porchlight.domain.law.withdraw_view import acknowledgement
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Order
from porchlight.domain.policies import of_order
from porchlight.domain.returns import GIVEN_UP, Return, ReturnLine
from porchlight.domain.rma.names import Resolution, ReturnKind
from porchlight.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermanentProviderError,
    TransientError,
)
from porchlight.ports import Brands, Metrics, Orders, Renderer, Returns
from porchlight.reaching import Courier, EmailContent, Outgoing
from porchlight.returning import Statements
from porchlight.services.asked import Asked
from porchlight.services.links import Links
from porchlight.services.support import Support

IN_DOUBT = timedelta(minutes=5)
"""So long whoever hands it over may take."""
AGAIN = timedelta(minutes=5)
LONG = timedelta(hours=1)
"""What is not answered by then is counted as waiting."""
REASON = "withdrawal"
"""The reason of its lines: nobody has to give one."""


class Requests(Protocol):
    """Where returns are asked for (``services.request_return``)."""

    def request(self, brand: str, asked: Asked, key: str, now: datetime) -> tuple[Return, bool]:
        """The return of that key."""
        ...


@dataclass(frozen=True)
class WithdrawalDesk:
    """Takes up statements, when they are declared and until they are answered."""

    statements: Statements
    requests: Requests
    orders: Orders
    returns: Returns
    brands: Brands
    renderer: Renderer
    links: Links
    courier: Courier
    support: Support
    metrics: Metrics

    def take_up(self, now: datetime) -> dict[str, int]:
        """All that wait; what was done, by outcome. One that fails is looked at again."""
        done: Counter[str] = Counter()
        for brand, statement_id in self.statements.due(now):
            try:
                done[self.answer(brand, statement_id, now)] += 1
            except Exception:  # one that nothing can be made of must not keep the others waiting
                done["again"] += 1
        return dict(done)

    def answer(self, brand_id: str, statement_id: str, now: datetime) -> str:
        """``return``, ``person``, or ``known`` for one that was answered. Raises where a part of it has to be done
        again: what is done is kept.
        """
        statement = self.statements.get(brand_id, statement_id)
        if statement is None or statement.done_at:
            return "known"
        if now - statement.declared_at >= LONG:
            self.metrics.count("WithdrawalsWaiting")
        brand, later = self.brands.get(brand_id), list[Exception]()
        order, request = None, None
        try:
            order = self._order(statement)
            statement, request = self._request(statement, order, now)
        except Exception as error:  # the acknowledgement waits for nothing
            later.append(error)
        try:
            statement = self._acknowledge(brand, statement, order, request, now)
        except TransientError as error:
            later.append(error)
        if later:
            raise later[0]
        if statement.unclear or statement.silent:
            statement = self._before_a_person(brand, statement, now)
        own = order and not statement.unclear and self._is_theirs(statement, order)
        last = statement.forgotten() if own else statement
        self._keep(last, None, done_at=now)
        return "person" if statement.person_at else "return"

    def _order(self, statement: Statement) -> Order | None:
        """The order of the link, or the one with that number whose shopper has that address."""
        if statement.order_id:
            return self.orders.get(statement.brand, statement.order_id)
        found = [one for one in self.orders.find(statement.brand, statement.number) if self._is_theirs(statement, one)]
        return found[0] if len(found) == 1 else None

    def _is_theirs(self, statement: Statement, order: Order) -> bool:
        shopper = self.orders.shopper(order.brand, order.shopper_id)
        return bool(shopper and shopper.email and shopper.email.casefold() == statement.email.casefold())

    def _request(self, statement: Statement, order: Order | None, now: datetime) -> tuple[Statement, Return | None]:
        """The return of the statement, as of its instant; or the word for why there is none."""
        if statement.return_id:
            return statement, self.returns.get(statement.brand, statement.return_id)
        if statement.unclear:
            return statement, None
        lines = self._lines(statement, order) if order else ()
        why = "no_match" if order is None else "which_items" if statement.what else "" if lines else "nothing_left"
        request = None
        if order and not why:
            asked = Asked(
                order_id=order.order_id,
                lines=lines,
                kind=ReturnKind.WITHDRAWAL,
                resolution=Resolution.REFUND,
                source="withdrawal",
            )
            key, at = statement.statement_id, statement.declared_at
            try:
                request = self.requests.request(statement.brand, asked, key, at)[0]
            except (InvalidInputError, ConflictError, NotFoundError) as error:
                why = error.problem.replace("-", "_")
        kept: dict[str, Any] = {"return_id": request.return_id, "order_id": request.order_id} if request else {}
        return self._keep(statement, now + AGAIN, **kept, unclear=why), request

    def _lines(self, statement: Statement, order: Order) -> tuple[ReturnLine, ...]:
        """What is still to come back of what it names."""
        taken: Counter[str] = Counter()
        for other in self.returns.of_order(order.brand, order.order_id):
            if other.state not in GIVEN_UP:
                taken.update(of_order(other, order.order_id))
        named = [line for line in order.lines if not statement.lines or line.line_id in statement.lines]
        left = [(line, line.quantity - taken[line.line_id]) for line in named]
        return tuple(
            ReturnLine(line_id=line.line_id, quantity=count, reason=REASON) for line, count in left if count > 0
        )

    def _acknowledge(
        self, brand: BrandConfig, statement: Statement, order: Order | None, request: Return | None, now: datetime
    ) -> Statement:
        """Hand the acknowledgement over, whatever the address wants to hear otherwise: it is owed."""
        if statement.acknowledged_at or statement.silent or statement.unclear == "no_address":
            return statement
        if statement.acknowledging_at and now - statement.acknowledging_at < IN_DOUBT:
            raise TransientError("it is being handed over")
        statement = self._keep(statement, now + AGAIN, acknowledging_at=now)
        speech = self.renderer.speech(brand, statement.language)
        links = self.links.of_order(brand, order) if order else {}
        view = acknowledgement(brand, statement, order, request, links, speech)
        subject, html, text = self.renderer.email(brand, Moment.WITHDRAWAL_RECEIVED, view)
        message = Outgoing(
            brand=brand.brand_id,
            channel=Channel.EMAIL,
            message_id=stable_id("ack", brand.brand_id, statement.statement_id),
            purpose=Purpose.SERVICE,
            to=statement.email,
            content=EmailContent(subject=subject, html=html, text=text, headers={"Auto-Submitted": "auto-replied"}),
            from_name=brand.sender.name,
            from_address=brand.sender.email,
            reply_to=brand.sender.reply_to,
        )
        try:
            self.courier.hand_over(message, now)
        except PermanentProviderError:
            # The statement stands; somebody has to reach them another way.
            return self._keep(statement, now + AGAIN, unclear="no_address")
        return self._keep(statement, now + AGAIN, acknowledged_at=now)

    def _before_a_person(self, brand: BrandConfig, statement: Statement, now: datetime) -> Statement:
        """What cannot be answered by itself goes to the brand's people, once."""
        if statement.person_at:
            return statement
        why = [one for one in (statement.unclear, "many_statements" if statement.silent else "") if one]
        said = {
            "Declared at": statement.declared_at.isoformat(),
            "Name": statement.name,
            "Order": statement.number,
            "Items": statement.what or ", ".join(statement.lines) or "all",
            "Email": statement.email,
            "Why you get this": "; ".join(f"{one}: {_WHY.get(one, _OTHERWISE)}" for one in why),
            "Acknowledged": statement.acknowledged_at.isoformat() if statement.acknowledged_at else "no: please write",
        }
        text = "\n".join(f"{name}: {value}" for name, value in said.items())
        subject = f"Withdrawal from a contract: {statement.statement_id}"
        self.support.pass_on(brand, subject, text, statement.statement_id, now, reply_to=statement.email)
        self.metrics.count("WithdrawalsUnclear", reason=why[0])
        return self._keep(statement, now + AGAIN, person_at=now)

    def _keep(self, statement: Statement, due_at: datetime | None, **update: Any) -> Statement:
        changed = statement.model_copy(update={**update, "version": statement.version + 1})
        self.statements.save(changed, due_at=due_at)
        return changed


_OTHERWISE = "the return could not be written (docs/returns-law.md)"
_WHY = {
    "no_match": "there is no such order, or the address is not its shopper's",
    "which_items": "it names items in words",
    "nothing_left": "all of it is in other returns already",
    "no_address": "the acknowledgement could not be sent to that address",
    "many_statements": "many came for that address in an hour; this one was not acknowledged by email",
}
