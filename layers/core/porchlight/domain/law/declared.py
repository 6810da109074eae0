"""The news of a statement, for those who answer it: references only."""

from porchlight.domain.changes import DomainEvent
from porchlight.domain.ids import stable_id
from porchlight.domain.law.statement import Statement

DECLARED = "WithdrawalDeclared"


def declared(statement: Statement) -> DomainEvent:
    """Once for each."""
    return DomainEvent(
        id=stable_id("chg", statement.statement_id, DECLARED),
        type=DECLARED,
        brand=statement.brand,
        occurred_at=statement.declared_at,
        recorded_at=statement.declared_at,
        order_id=statement.order_id or None,
        subject_id=statement.statement_id,
    )
