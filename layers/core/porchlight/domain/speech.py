"""Days, ranges, times, amounts and numbers as people of a language say them.

What stands inside of sentences is made of the brand's ``phrases`` (words, like all others); dates, times, amounts and
plural categories follow CLDR, read by Babel. English writes dates as ``Thursday 26 November``, whatever the country: no
order of numbers can be mistaken.

A day near ``today`` is called by its weekday ("Thursday"), a further one by its date ("Thursday 26 November"). Emails
are read later than they are written, so only pages (``relative=True``) say "tomorrow" and "yesterday".
"""

import re
from collections.abc import Callable, Mapping
from copy import copy
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from porchlight.domain.dates import DateRange
from porchlight.domain.languages import RIGHT_TO_LEFT, language_of, region_of
from porchlight.domain.money import Money, decimals
from porchlight.domain.phrases import ENGLISH, WEEKDAYS
from porchlight.domain.words import carrier_name

if TYPE_CHECKING:  # brings the data of locales: only where something is said
    from babel import Locale

type Fill = Callable[[str, Mapping[str, str]], str]

NEAR_AHEAD, NEAR_BEHIND = 4, 2
"""Days that a weekday names: so few that no name can mean both a past and a coming day."""
_FAR_DAYS = 180
_TWELVE_HOUR_COUNTRIES = frozenset({"US", "CA", "AU", "NZ", "IN", "PH"})
"""Where English is told by twelve hours; other languages ask CLDR."""
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_NO_BREAK = "\N{NO-BREAK SPACE}"
_DASH = re.compile(r"\s*([–～])\s*")
_NARROW = str.maketrans({"\u202f": _NO_BREAK, "\u2009": " ", "\u200e": "", "\u200f": "", "\u061c": ""})
"""Spaces that some fonts lack; direction is a matter of markup."""
_CODE_BESIDE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""``SEK49.00``: CLDR sets them apart, Babel does not."""
_BEFORE_MONTH = re.compile(r"[^dM]*d\.?")
_WEEKDAY = re.compile(r"E+|ccc+")
_MONTH = re.compile(r"MMMM?|LLLL?")
_DAY = re.compile(r"\bd\b")
_FIRST = {"fr": "d'er'", "pt": "d'º'"}
"""How languages count the first of a month, and no other day; CLDR has no word for it."""


class Forms(NamedTuple):
    """A day as sentences need it: ``Thursday``, ``on Thursday``, ``by Thursday``; all empty where it is not known."""

    bare: str = ""
    on: str = ""
    by: str = ""


UNKNOWN = Forms()


class _Pattern(NamedTuple):
    """A CLDR date pattern, and the same without the weekday."""

    whole: str
    month_day: str


class _Patterns(NamedTuple):
    """How a language writes dates: in full and in narrow places, without and with the year."""

    long: _Pattern
    long_year: _Pattern
    short: _Pattern
    short_year: _Pattern


_ENGLISH_DATES = _Patterns(
    *(_Pattern("EEEE d MMMM", "d MMMM"), _Pattern("EEEE d MMMM y", "d MMMM y")),
    *(_Pattern("E d MMM", "d MMM"), _Pattern("E d MMM y", "d MMM y")),
)


def put_in(phrase: str, facts: Mapping[str, str]) -> str:
    """The phrase with facts in their places; conditions are the renderer's."""
    return _PLACE.sub(lambda place: facts[place[1]], phrase)


class Speech:
    """How facts are said. ``tag``: the BCP 47 tag of the words; ``phrases``: the entry of that name in the words;
    ``country``: where the reader is (ISO 3166-1), for clocks and the writing of amounts; ``fill``: puts facts into a
    phrase.
    """

    def __init__(
        self, tag: str = "en", phrases: Mapping[str, Any] = ENGLISH, country: str | None = None, fill: Fill = put_in
    ) -> None:
        self.tag, self.country, self._phrases, self._put_in = tag, country, phrases, fill
        self.language = language_of(tag)

    def at(self, country: str | None) -> Self:
        """The same, for a reader in ``country``."""
        return self if country == self.country else type(self)(self.tag, self._phrases, country, self._put_in)

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    def day(self, day: date | None, today: date, *, relative: bool = False) -> Forms:
        """``today``, ``Thursday`` nearby, ``Thursday 3 December`` beyond; ``relative`` adds tomorrow and yesterday."""
        if day is None:
            return UNKNOWN
        distance = (day - today).days
        name = _RELATIVE.get(distance, "") if relative or distance == 0 else ""
        if name:
            return Forms(*(self._phrases[f"{form}{name}"] for form in _FORMS))
        if _near(day, today):
            return Forms(*(self._phrases[f"{form}weekday"][WEEKDAYS[day.weekday()]] for form in _FORMS))
        return self.dated(day, today)

    def dated(self, day: date | None, today: date) -> Forms:
        """``Thursday 26 November``, with the year where it could be mistaken."""
        return self._forms(day, self._dates.long_year if _far(day, today) else self._dates.long)

    def short(self, day: date | None, today: date) -> str:
        """``Thu 26 Nov``, for narrow places."""
        return self._write(day, self._narrow(day, today).whole)

    def subject(self, day: date | None, today: date) -> Forms:
        """A day for a subject line: ``today``, ``Thursday`` or ``Thu 26 Nov``."""
        if day is None or _near(day, today):
            return self.day(day, today)
        return self._forms(day, self._narrow(day, today))

    def range(self, days: DateRange | None, today: date, *, relative: bool = False, bare: bool = False) -> str:
        """``on Thursday, or Friday at the latest``; ``by Friday`` where the likely day is gone; empty where all of it
        is. ``bare``: the first day without "on", where the sentence has no place for it.
        """
        if days is None or days.latest < today:
            return ""
        first, last = (self.day(day, today, relative=relative) for day in (days.earliest, days.latest))
        if days.earliest < today:
            return last.on if days.latest == today else self._fill("range_end", **_both(first, last))
        if bare:
            first = first._replace(on=first.bare)
        return first.on if days.earliest == days.latest else self._fill("range", **_both(first, last))

    def range_date(self, days: DateRange | None, today: date) -> str:
        """The range by the calendar: ``Thursday 26 or Friday 27 November`` where neighbours, ``… to …`` otherwise; ""
        when past.
        """
        if days is None or days.latest < today:
            return ""
        start = max(days.earliest, today)
        last = self.dated(days.latest, today)
        if start == days.latest:
            return last.bare
        first = self.dated(start, today)
        shortened = [_BEFORE_MONTH.match(pattern) for pattern in self._dates.long]
        if all(shortened) and (start.year, start.month) == (days.latest.year, days.latest.month):
            first = self._forms(start, _Pattern(*(found.group() for found in shortened if found)))
        return self._fill("dates_or" if (days.latest - start).days == 1 else "dates_to", **_both(first, last))

    def range_short(self, days: DateRange | None, today: date) -> str:
        """``Thu 26 Nov`` or ``26–27 Nov`` for the last step of the progress line; "" when past. Breaks between days."""
        if days is None or days.latest < today:
            return ""
        start = max(days.earliest, today)
        if start == days.latest:
            return self.short(start, today)
        if self.language == "en":
            first = str(start.day) if start.month == days.latest.month else self._write(start, "d MMM")
            text = f"{first}–{self._write(days.latest, 'd MMM')}"
        else:
            from babel.dates import format_interval

            text = format_interval(start, days.latest, "MMMd", locale=self._locale)
        text = _DASH.sub(r"\1", text.translate(_NARROW))
        return text.replace(" ", _NO_BREAK) if " " in text.partition("–")[0] else text

    def range_subject(self, days: DateRange | None, today: date) -> Forms:
        """The day for a subject line. Where the likely day is gone, only the latest one is true: "by Friday"."""
        if days is None or days.latest < today:
            return UNKNOWN
        if days.earliest >= today or days.latest == today:
            return self.subject(max(days.earliest, today), today)
        return Forms(*[self.subject(days.latest, today).by] * 3)

    def clock(self, moment: time | datetime) -> str:
        """``14:12``, or ``2:12 pm`` where people say so."""
        if self.language != "en":
            from babel.dates import format_time

            moment = moment.time() if isinstance(moment, datetime) else moment
            return format_time(moment, "short", locale=self._locale).translate(_NARROW)
        if self.country not in _TWELVE_HOUR_COUNTRIES:
            return f"{moment.hour:02}:{moment.minute:02}"
        return f"{moment.hour % 12 or 12}:{moment.minute:02} {'pm' if moment.hour >= 12 else 'am'}"

    def window(self, start: datetime, end: datetime) -> str:
        """``between 2 and 5 pm``, ``between 14:00 and 17:00``."""
        first, last = self.clock(start), self.clock(end)
        if self.language == "en" and self.country in _TWELVE_HOUR_COUNTRIES:
            first, last = first.replace(":00", ""), last.replace(":00", "")
            first = first[:-3] if first[-2:] == last[-2:] else first
        return self._fill("between", start=first, end=last)

    def with_clock(self, day: Forms, moment: time | datetime) -> Forms:
        """``Friday, 6:30 pm``."""
        pattern = str(self._locale.datetime_formats["short"])
        return Forms(*(pattern.replace("{1}", form).replace("{0}", self.clock(moment)) for form in day))

    def money(self, amount: Money) -> str:
        """``€49.00``: with the decimals that its currency has by ISO 4217, whatever is usual in cash."""
        pattern = copy(self._locale.currency_formats["standard"])
        pattern.frac_prec = (decimals(amount.currency),) * 2
        text: str = pattern.apply(
            Decimal(amount.decimal()), self._locale, currency=amount.currency, currency_digits=False
        )
        symbol = self._locale.currency_symbols.get(amount.currency, "")
        if self.direction == "rtl" and symbol[:1].isascii() and symbol[:1].isalpha():
            text = text.replace(symbol, amount.currency)  # a sentence from right to left would show US$ as $US
        return _CODE_BESIDE_DIGIT.sub(_NO_BREAK, text.translate(_NARROW).strip())

    def number(self, number: int) -> str:
        """``1,200``, in Latin digits."""
        from babel.numbers import format_decimal

        return format_decimal(number, locale=self._locale).translate(_NARROW)

    def plural(self, number: int, forms: Mapping[str, str]) -> str:
        """The form for ``number`` by its CLDR plural category, ``other`` where it has none; ``#`` is the number."""
        form = forms.get(self._locale.plural_form(number)) or forms["other"]
        return form.replace("#", self.number(number))

    def carrier(self, carrier: str) -> str:
        """``UPS`` for ``ups``; "the carrier" where there is no name to give."""
        return carrier_name(carrier) or str(self._phrases["the_carrier"])

    @property
    def _locale(self) -> "Locale":
        return _locale(self.language, region_of(self.tag), self.country)

    @property
    def _dates(self) -> _Patterns:
        return _ENGLISH_DATES if self.language == "en" else _patterns(self._locale)

    def _write(self, day: date | None, pattern: str) -> str:
        if day is None:
            return ""
        if day.day == 1 and self.language in _FIRST:
            pattern = _DAY.sub(_FIRST[self.language], pattern)
        return _written(day, pattern, self._locale)

    def _narrow(self, day: date | None, today: date) -> _Pattern:
        return self._dates.short_year if _far(day, today) else self._dates.short

    def _forms(self, day: date | None, pattern: _Pattern) -> Forms:
        """A date in all forms."""
        if day is None:
            return UNKNOWN
        names = (self._phrases[f"{form}weekday"][WEEKDAYS[day.weekday()]] for form in _FORMS)
        facts = dict(zip(("weekday", "weekday_on", "weekday_by"), names, strict=True))
        facts |= {"date": self._write(day, pattern.whole), "month_day": self._write(day, pattern.month_day)}
        return Forms(facts["date"], *(self._fill(name, **facts) for name in ("on_date", "by_date")))

    def _fill(self, phrase: str, **facts: str) -> str:
        return self._put_in(self._phrases[phrase], facts)


PLACES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("on_date", "by_date"), ("date", "month_day", "weekday", "weekday_on", "weekday_by")),
    **dict.fromkeys(
        ("range", "range_end", "dates_or", "dates_to"),
        ("first", "first_on", "first_by", "last", "last_on", "last_by"),
    ),
    "between": ("start", "end"),
}
"""The phrases that something is put into, and what."""
_FORMS = ("", "on_", "by_")
_RELATIVE = {0: "today", 1: "tomorrow", -1: "yesterday"}


def _both(first: Forms, last: Forms) -> dict[str, str]:
    return {
        **{"first": first.bare, "first_on": first.on, "first_by": first.by},
        **{"last": last.bare, "last_on": last.on, "last_by": last.by},
    }


def _near(day: date, today: date) -> bool:
    return -NEAR_BEHIND <= (day - today).days <= NEAR_AHEAD


def _far(day: date | None, today: date) -> bool:
    return day is not None and abs((day - today).days) > _FAR_DAYS


@lru_cache(maxsize=256)
def _locale(language: str, region: str | None, country: str | None) -> "Locale":
    """The language as its own region or the reader's country writes it, else as such. English is one for all."""
    from babel import Locale, UnknownLocaleError

    for territory in (region, country) if language != "en" else ():
        if territory:
            try:
                return Locale(language, territory=territory)
            except UnknownLocaleError:
                continue
    return Locale(language)


@lru_cache(maxsize=2048)
def _written(day: date, pattern: str, locale: "Locale") -> str:
    """The same days are said over and over."""
    from babel.dates import format_date

    return format_date(day, pattern, locale=locale).translate(_NARROW)


@lru_cache(maxsize=64)
def _patterns(locale: "Locale") -> _Patterns:
    """CLDR has skeletons with short names where long ones are written alike: those are widened, as UTS 35 says."""
    found = {name: str(pattern) for name, pattern in locale.datetime_skeletons.items()}
    base = next(found[name] for name in ("MMMMEEEEd", "MMMMEd", "MMMEEEEd", "MMMEd") if name in found)
    full, long = (str(locale.date_formats[name].pattern) for name in ("full", "long"))
    return _Patterns(
        *(_Pattern(_MONTH.sub("MMMM", _WEEKDAY.sub("EEEE", base)), found["MMMMd"]), _Pattern(full, long)),
        *(_Pattern(found["MMMEd"], found["MMMd"]), _Pattern(found["yMMMEd"], found["yMMMd"])),
    )
