"""Cases: a question that a delay puts to a person of the brand, or to the shopper, with a deadline and a default."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.delays import DelayKind, Facts
from porchlight.domain.ids import stable_id
from porchlight.domain.remedies import Remedy


class Audience(StrEnum):
    """Who is asked."""

    CX = "cx"
    SHOPPER = "shopper"


class CaseState(StrEnum):
    """open → decided (by somebody, or by its default after the deadline) | moot (the delay has ended)."""

    OPEN = "open"
    DECIDED = "decided"
    MOOT = "moot"


class Case(BaseModel):
    """One question about one delay. References only; who decided stands there as a role and an API key's id."""

    model_config = ConfigDict(frozen=True)

    brand: str
    case_id: str
    delay_id: str
    kind: DelayKind
    audience: Audience
    shipment_id: str | None = None
    order_id: str | None = None
    notice: bool = False
    """It is the notice that the US Mail Order Rule asks for."""
    options: tuple[Remedy, ...]
    default: Remedy
    opened_at: AwareDatetime
    deadline: AwareDatetime
    facts: Facts = {}
    """The numbers that whoever decides should see."""
    state: CaseState = CaseState.OPEN
    decision: Remedy | None = None
    decided_at: AwareDatetime | None = None
    decided_by: str = ""
    """``shopper``, ``person:{api key id}`` or ``deadline``."""
    note: str = ""
    version: int = 0


def case_id(brand: str, delay_id: str, kind: DelayKind, step: int, again: int = 0) -> str:
    """The id of the case of one step of one delay's playbook: ``cse_…``. ``again`` counts the questions of that step: a
    remedy that was refused asks once more.
    """
    return stable_id("cse", brand, delay_id, kind.value, str(step), str(again))
