"""Promises of a day of delivery and of shipping: the first is kept for ever, and so is every later one."""

from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.dates import DateRange

MOST_KEPT = 50
"""Promises that one order keeps; a shop that revises oftener keeps the first and the newest."""


class PromiseMade(BaseModel):
    """One promise of a day of delivery, as it was made."""

    model_config = ConfigDict(frozen=True)

    range: DateRange
    made_at: AwareDatetime
    """The store's clock."""


def kept_with(promises: tuple[PromiseMade, ...], made: PromiseMade | None) -> tuple[PromiseMade, ...]:
    """All promises in the order in which they were made, as often as they were said: one that comes late may belong
    between two that say the same. Any order of arrival gives the same.
    """
    if made is None:
        return promises
    told = sorted({*promises, made}, key=lambda one: (one.made_at, one.range.latest, one.range.earliest))
    return (told[0], *told[1:][-(MOST_KEPT - 1) :])


def revisions(promises: tuple[PromiseMade, ...]) -> tuple[PromiseMade, ...]:
    """Those that changed something: the first one, and each that differs from the one before it."""
    return tuple(one for index, one in enumerate(promises) if index == 0 or promises[index - 1].range != one.range)


class ShipDaySaid(BaseModel):
    """What the shop said of the day by which it ships; None: it named none."""

    model_config = ConfigDict(frozen=True)

    day: date | None
    said_at: AwareDatetime
    """The store's clock."""


def said_with(said: tuple[ShipDaySaid, ...], one: ShipDaySaid) -> tuple[ShipDaySaid, ...]:
    """All that was said, in turn, as ``kept_with`` keeps promises: that the shop named no day at first is kept too."""
    told = sorted({*said, one}, key=lambda each: (each.said_at, each.day or date.min))
    found = [each for index, each in enumerate(told) if index == 0 or told[index - 1].day != each.day]
    return (found[0], *found[1:][-(MOST_KEPT - 1) :])
