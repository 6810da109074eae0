"""What may stand below the news of an email: related goods, an offer, a word to friends, five words to rate with.

Data of the brand pack (``brand/<id>/blocks.yaml``). What sells stands in marketing only: ``domain.moments``.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, model_validator

from porchlight.domain.facts import View, say
from porchlight.domain.moments import Moment
from porchlight.domain.words import clean, safe_url

_STRICT = ConfigDict(frozen=True, extra="forbid")
RATINGS: dict[int, str] = {5: "great", 4: "good", 3: "fair", 2: "poor", 1: "terrible"}
"""Scores, the best first, and the words for them (``blocks.rating``)."""


class Product(BaseModel):
    """Something that is sold: a title, where it is, and perhaps a price as it is shown."""

    model_config = ConfigDict(frozen=True)

    title: str = Field(min_length=1, max_length=120)
    url: HttpUrl
    price: str = Field(default="", max_length=30)


class Related(BaseModel):
    """Goods that go with what was bought: a list, or an address that is asked for one (``docs/branding.md``)."""

    model_config = _STRICT

    items: tuple[Product, ...] = Field(default=(), max_length=12)
    api: HttpUrl | None = None
    at_most: int = Field(default=3, ge=1, le=6)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.items) == bool(self.api):
            raise ValueError("either items or api")
        return self


class Offer(BaseModel):
    """What is offered, in the brand's own words."""

    model_config = _STRICT

    title: str = Field(min_length=1, max_length=80)
    text: str = Field(default="", max_length=300)
    url: HttpUrl


class Place(BaseModel):
    """Somewhere to go."""

    model_config = _STRICT

    url: HttpUrl


class Blocks(BaseModel):
    """All that a brand has."""

    model_config = _STRICT

    related: Related | None = None
    offer: Offer | None = None
    referral: Place | None = None
    """Where friends are sent."""
    review: Place | None = None
    """Where reviews are written: no block, but where the button of ``review_request`` leads."""

    def place(self, moment: Moment) -> str:
        """Where the button of a message leads that is not about the order; "" where nobody says."""
        found = {Moment.RELATED_OFFER: self.offer, Moment.REVIEW_REQUEST: self.review}.get(moment)
        return str(found.url) if found else ""


def products(body: bytes) -> tuple[Product, ...]:
    """What an address answered: a list of products, or ``{"items": [...]}``; entries that are none are left out."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    entries = data.get("items") if isinstance(data, dict) else data
    found = []
    for entry in entries[:50] if isinstance(entries, list) else ():
        try:
            found.append(Product.model_validate(entry))
        except ValidationError:
            continue
    return tuple(found)


def block_views(names: Sequence[str], blocks: Blocks, goods: Sequence[Product], brand: str, rating: str) -> list[View]:
    """The blocks that have something to say, in the order of ``names``. ``goods``: the related ones; ``rating``: the
    address that a score is added to.
    """
    found = (_view(name, blocks, goods, {"brand": clean(brand, 60)}, rating) for name in names)
    return [view for view in found if view]


def _view(name: str, blocks: Blocks, goods: Sequence[Product], facts: View, rating: str) -> View | None:
    if name == "related" and goods:
        entries = [_item(clean(one.title, 120), one.url, clean(one.price, 30)) for one in goods]
        return {**_EMPTY, "title": say("blocks.related.title", facts), "entries": entries}
    if name == "offer" and (offer := blocks.offer):
        words = {"title": clean(offer.title, 80), "text": clean(offer.text, 300)}
        return {**_EMPTY, **words, "button": say("blocks.offer.button", facts), "url": safe_url(str(offer.url))}
    if name == "referral" and (referral := blocks.referral):
        said = {part: say(f"blocks.referral.{part}", facts) for part in ("title", "text", "button")}
        return {**_EMPTY, **said, "url": safe_url(str(referral.url))}
    if name == "rating" and rating:
        entries = [_item(say(f"blocks.rating.{word}", facts), f"{rating}/{score}") for score, word in RATINGS.items()]
        return {**_EMPTY, "title": say("blocks.rating.title", facts), "entries": entries, "asks": True}
    return None


_EMPTY: Mapping[str, Any] = {"title": "", "text": "", "entries": [], "button": "", "url": "", "asks": False}


def _item(title: View | str, url: object, price: str = "") -> View:
    return {"title": title, "price": price, "url": safe_url(str(url))}
