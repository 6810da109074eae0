"""Promises of a day of delivery: the first is kept for ever, and so is every later one."""

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
    """All promises in the order in which they were made; one that repeats the one before it is none.

    Any order of arrival gives the same.
    """
    if made is None:
        return promises
    told = sorted({*promises, made}, key=lambda one: (one.made_at, one.range.latest, one.range.earliest))
    found = [one for index, one in enumerate(told) if index == 0 or told[index - 1].range != one.range]
    return (found[0], *found[1:][-(MOST_KEPT - 1) :])
