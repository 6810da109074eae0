"""What one country's law gives a buyer. Data of the brand pack (``brand/default/law.yaml``); a brand may give more.

Sources: Directive 2011/83/EU, Articles 9 to 16; Directive (EU) 2023/2673 for the withdrawal function (its Article 11a);
Directive (EU) 2019/771 for the guarantee; each country's own law where it differs.
"""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from porchlight.domain.rma.names import Payer

_STRICT = ConfigDict(frozen=True, extra="forbid")

STATUTORY = "statutory"
"""In ``Terms.rules``, and as the rule of what was approved by law alone."""
IMPOSSIBLE = frozenset({"unknown_line", "quantity_exceeded", "order_cancelled", "nothing_to_refund"})
"""Refusals that say what is, not what a brand wishes: the law does not change them."""


class Exemption(StrEnum):
    """Why there is no right of withdrawal: Article 16 of Directive 2011/83/EU, by the letter beside each."""

    SERVICE_DONE = "service_done"  # (a)
    PRICE_FLUCTUATES = "price_fluctuates"  # (b)
    CUSTOM_MADE = "custom_made"  # (c)
    PERISHABLE = "perishable"  # (d)
    SEALED_HYGIENE = "sealed_hygiene"  # (e), once it is unsealed
    INSEPARABLY_MIXED = "inseparably_mixed"  # (f), once it is mixed
    ALCOHOL_LATER = "alcohol_later"  # (g)
    URGENT_REPAIR = "urgent_repair"  # (h)
    SEALED_MEDIA = "sealed_media"  # (i), once it is unsealed
    NEWSPAPERS = "newspapers"  # (j)
    AUCTION = "auction"  # (k)
    DATED_LEISURE = "dated_leisure"  # (l)
    DIGITAL_BEGUN = "digital_begun"  # (m)


LETTERS = dict(zip(Exemption, "abcdefghijklm", strict=True))
"""The letter of Article 16 for each."""

ONCE_OPENED = frozenset({Exemption.SEALED_HYGIENE, Exemption.INSEPARABLY_MIXED, Exemption.SEALED_MEDIA})
"""The right stands until the buyer has opened or used it: who asks is believed, the inspection may say otherwise."""


class Grade(StrEnum):
    """How sure an entry is."""

    TEXT = "text"
    """Read in the law itself."""
    SUMMARY = "summary"
    """Read in an authority's or a lawyer's summary."""
    UNREAD = "unread"
    """Written from general knowledge; nobody has read the law for it yet."""


class RefundFrom(StrEnum):
    """What the days for the refund are counted from."""

    NOTICE = "notice"
    """The statement; the money may wait for the goods, or a proof that they were sent, if these come later."""
    GOODS = "goods"
    """The goods, or a proof that they were sent, whichever is first."""


class StatutoryProfile(BaseModel):
    """One country. ``withdrawal_days`` 0: its law gives no right to withdraw from a purchase at a distance."""

    model_config = _STRICT

    country: str = Field(pattern=r"^([A-Z]{2}|default)$")
    withdrawal_days: int = Field(default=0, ge=0, le=400)
    """Calendar days after the last item was received; that day itself does not count."""
    ends_on_working_day: bool = True
    """A period whose last day is a Saturday, a Sunday or a public holiday ends with the next working day (Article 3(4)
    of Regulation 1182/71, or the country's own law).
    """
    refund_days: int = Field(default=0, ge=0, le=90)
    refund_from: RefundFrom = RefundFrom.NOTICE
    refunds_shipping: bool = False
    """What the cheapest shipping on offer cost goes back with the goods."""
    return_cost: Payer = Payer.SHOPPER
    """Who the law lets pay for the way back; a brand may always."""
    withdrawal_function_since: date | None = None
    """From when on a withdrawal function must stand on the shop's pages."""
    exempt: tuple[Exemption, ...] = ()
    guarantee_months: int = Field(default=0, ge=0, le=120)
    """How long after delivery a defect is the seller's, whatever the brand's own window says; 0: no fixed time."""
    burden_of_proof_months: int = Field(default=0, ge=0, le=120)
    """How long a defect is taken to have been there from the beginning."""
    categories: dict[str, Exemption] = {}
    """The brand's: which of its categories of goods are exempt, and why."""
    source: str = ""
    grade: Grade = Grade.UNREAD
    read_on: date | None = None
    note: str = ""
    """What is doubtful."""
    reason: str = ""
    """Why the brand gives more than the law."""

    def exemption(self, said: str, category: str | None) -> Exemption | None:
        """Why a line has no right of withdrawal: what the order says of it, else what the brand says of its category.
        Words that are no exemption here count for nothing.
        """
        found = next((one for one in Exemption if one.value == said), None) or self.categories.get(category or "")
        return found if found in self.exempt else None

    @model_validator(mode="after")
    def _read(self) -> Self:
        if (self.grade is Grade.UNREAD) != (self.read_on is None):
            raise ValueError("read_on: says when it was read, for what was read alone")
        return self
