"""A request for a return, whoever brings it: the API, the portal, a gift's link, the withdrawal page."""

from pydantic import BaseModel, ConfigDict, Field

from porchlight.domain.returns import ReturnLine
from porchlight.domain.rma.names import Resolution, ReturnKind, ReturnMethod
from porchlight.returning import SenderAddress

_STRICT = ConfigDict(frozen=True, extra="forbid")


class Recipient(BaseModel):
    """Who got the gift and gets the credit for it. Personal: it becomes a shopper's record, and is nowhere else."""

    model_config = _STRICT

    name: str = Field(default="", max_length=200)
    email: str = Field(max_length=320, pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
    language: str | None = Field(default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")


class Asked(BaseModel):
    """Lines of one or several orders of one shopper. ``order_id`` is the return's own order (``ord_…``); lines of
    others name theirs.
    """

    model_config = _STRICT

    order_id: str
    lines: tuple[ReturnLine, ...] = Field(min_length=1, max_length=500)
    """As many as an order may have: who withdraws may name all of it."""
    kind: ReturnKind | None = None
    """None: by the reasons, as the policy has them."""
    resolution: Resolution | None = None
    """None: a refund where that is offered, else the first of what is."""
    method: ReturnMethod | None = None
    """None: the first of those that are offered."""
    source: str = "api"
    """``api``, ``portal``, ``gift``, ``withdrawal``."""
    sender: SenderAddress | None = None
    """Where it is sent from, for the label alone."""
    gift: bool = False
    """It is asked for by the one who got it."""
    recipient: Recipient | None = None
    """For store credit in place of a refund to the giver."""
