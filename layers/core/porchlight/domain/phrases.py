"""English ``phrases``, as the default's words have them (brand/default/words/en.yaml): for facts without a brand."""

from collections.abc import Mapping
from typing import Any

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

ENGLISH: Mapping[str, Any] = {
    **{form + name: name for form in ("", "on_", "by_") for name in ("today", "tomorrow", "yesterday")},
    "weekday": dict(zip(WEEKDAYS, _NAMES, strict=True)),
    "on_weekday": {day: f"on {name}" for day, name in zip(WEEKDAYS, _NAMES, strict=True)},
    "by_weekday": {day: f"by {name}" for day, name in zip(WEEKDAYS, _NAMES, strict=True)},
    "on_date": "on {{ date }}",
    "by_date": "by {{ date }}",
    "range": "{{ first_on }}, or {{ last }} at the latest",
    "range_end": "{{ last_by }}",
    "dates_or": "{{ first }} or {{ last }}",
    "dates_to": "{{ first }} to {{ last }}",
    "between": "between {{ start }} and {{ end }}",
    "the_carrier": "the carrier",
}
