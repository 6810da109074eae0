"""A parcel as the book keeps it."""

from typing import Any, NamedTuple

from porchlight.domain.forecast.lives import Life, Route


class Parcel(NamedTuple):
    """What is known of one parcel; days are ordinals, in their order: what cannot be is left out."""

    route: Route
    placed: int
    promised: int | None
    handed: int | None
    delivered: int | None
    out: int | None
    ended: bool
    hour: int
    silence: int | None

    @classmethod
    def of(cls, life: Life, route: Route) -> "Parcel":
        """A handover before the order is taken as on its day; one after the delivery never was."""
        placed = life.placed.toordinal()
        promised, handed, delivered, out = (
            day.toordinal() if day else None
            for day in (life.promised, life.handed, life.delivered, life.out_for_delivery)
        )
        if delivered is not None:
            delivered = max(delivered, placed)
        if handed is not None:
            handed = max(handed, placed)
            if delivered is not None and delivered < handed:
                handed = None
        if out is not None and (handed is None or out < handed or (delivered is not None and delivered < out)):
            out = None
        hour = min(23, max(0, life.placed_hour))
        return cls(route, placed, promised, handed, delivered, out, life.ended, hour, life.silence_hours)

    def as_of(self, day: int) -> "Parcel | None":
        """What was known of it at the end of a day; None before it was there."""
        if self.placed > day:
            return None
        handed, delivered, out = (
            stamp if stamp is not None and stamp <= day else None for stamp in (self.handed, self.delivered, self.out)
        )
        if (handed, delivered, out) == (self.handed, self.delivered, self.out):
            return self
        return self._replace(handed=handed, delivered=delivered, out=out)

    @property
    def promise(self) -> int | None:
        """How many days were promised."""
        return self.promised - self.placed if self.promised is not None else None

    def open_on(self, day: int) -> bool:
        """True where the day can show something: it was not delivered before."""
        return self.placed <= day and not self.ended and (self.delivered is None or self.delivered >= day)

    def state(self, route: int) -> list[Any]:
        return [route, *self[1:]]
