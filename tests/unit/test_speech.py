"""Days, ranges, times, amounts and numbers in every language of the default."""

import re
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.dates import DateRange
from porchlight.domain.money import Money
from porchlight.domain.phrases import ENGLISH
from porchlight.domain.speech import UNKNOWN, Forms, Speech
from tests.unit.speaking import LANGUAGES, all_words, speech

TUESDAY = date(2026, 11, 24)
THURSDAY = TUESDAY + timedelta(2)
FAR = TUESDAY + timedelta(9)
NEXT_YEAR = TUESDAY + timedelta(400)
COUNTRIES = (None, "US", "DE", "CA", "MX", "BR", "PT", "EG", "AE", "JP", "IN", "GB", "CH", "ZZ")
DIRECTION = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def days(first: int, last: int) -> DateRange:
    return DateRange(earliest=TUESDAY + timedelta(first), latest=TUESDAY + timedelta(last))


def test_the_default_speaks_thirteen_languages() -> None:
    assert sorted(all_words()) == sorted(LANGUAGES)


def test_english_without_a_brand_is_the_defaults() -> None:
    assert all_words()["en"]["phrases"] == ENGLISH


@pytest.mark.parametrize(
    ("language", "near", "far", "ranged"),
    [
        (
            "en",
            ("Thursday", "on Thursday", "by Thursday"),
            "on Thursday 3 December",
            "on Thursday, or Friday at the latest",
        ),
        (
            "de",
            ("Donnerstag", "am Donnerstag", "bis Donnerstag"),
            "am Donnerstag, 3. Dezember",
            "am Donnerstag, spätestens am Freitag",
        ),
        ("fr", ("jeudi", "jeudi", "d’ici jeudi"), "le jeudi 3 décembre", "jeudi, au plus tard vendredi"),
        (
            "es",
            ("jueves", "el jueves", "para el jueves"),
            "el jueves, 3 de diciembre",
            "el jueves o, a más tardar, el viernes",
        ),
        (
            "nl",
            ("donderdag", "donderdag", "uiterlijk donderdag"),
            "op donderdag 3 december",
            "donderdag, uiterlijk vrijdag",
        ),
        ("pl", ("czwartek", "w czwartek", "do czwartku"), "w czwartek, 3 grudnia", "w czwartek, najpóźniej w piątek"),
        ("it", ("giovedì", "giovedì", "entro giovedì"), "giovedì 3 dicembre", "giovedì, al più tardi venerdì"),
        (
            "pt-BR",
            ("quinta-feira", "na quinta-feira", "até quinta-feira"),
            "na quinta-feira, 3 de dezembro",
            "na quinta-feira ou, no máximo, na sexta-feira",
        ),
        (
            "id",
            ("Kamis", "hari Kamis", "maksimal Kamis"),
            "pada Kamis, 3 Desember",
            "hari Kamis, paling lambat Jumat",
        ),
        (
            "vi",
            ("thứ Năm", "vào thứ Năm", "chậm nhất là thứ Năm"),
            "vào Thứ Năm, 3 tháng 12",
            "vào thứ Năm, chậm nhất là thứ Sáu",
        ),
        ("th", ("วันพฤหัสบดี", "ในวันพฤหัสบดี", "ภายในวันพฤหัสบดี"), "ในวันพฤหัสบดีที่ 3 ธันวาคม", "ในวันพฤหัสบดี หรืออย่างช้าวันศุกร์"),
        ("ja", ("木曜日", "木曜日に", "木曜日までに"), "12月3日木曜日に", "木曜日、遅くとも金曜日までに"),
        (
            "ar",
            ("الخميس", "يوم الخميس", "بحلول يوم الخميس"),
            "يوم الخميس، 3 ديسمبر",
            "يوم الخميس، أو يوم الجمعة على أبعد تقدير",
        ),
    ],
)
def test_a_day_stands_in_three_forms(language: str, near: tuple[str, str, str], far: str, ranged: str) -> None:
    said = speech(language)
    assert said.day(THURSDAY, TUESDAY) == near
    assert said.day(FAR, TUESDAY).on == far
    assert said.range(days(2, 3), TUESDAY) == ranged


@pytest.mark.parametrize(
    ("language", "first", "short", "second"),
    [
        ("fr", "le mardi 1er décembre", "mar. 1er déc.", "le mercredi 2 décembre"),
        ("pt-BR", "na terça-feira, 1º de dezembro", "ter., 1º de dez.", "na quarta-feira, 2 de dezembro"),
        ("es", "el martes, 1 de diciembre", "mar, 1 dic", "el miércoles, 2 de diciembre"),
    ],
)
def test_the_first_of_a_month_is_counted_where_the_language_does(
    language: str, first: str, short: str, second: str
) -> None:
    said, day = speech(language), date(2026, 12, 1)
    assert said.day(day, TUESDAY).on == first
    assert said.short(day, TUESDAY) == short
    assert said.day(day + timedelta(1), TUESDAY).on == second
    eleventh = said.day(date(2026, 12, 11), TUESDAY).on
    assert not re.search("1er|1º", eleventh)


def test_portuguese_days_have_two_genders() -> None:
    saturday = TUESDAY + timedelta(11)
    assert speech("pt-BR").day(saturday, TUESDAY).on == "no sábado, 5 de dezembro"


def test_polish_days_stand_in_their_case() -> None:
    wednesday = speech("pl").day(TUESDAY + timedelta(8), TUESDAY)
    assert wednesday == ("środa, 2 grudnia", "w środę, 2 grudnia", "do środy, 2 grudnia")


@pytest.mark.parametrize(
    ("language", "long", "year", "short"),
    [
        ("en", "Thursday 3 December", "Wednesday 29 December 2027", "Thu 3 Dec"),
        ("de", "Donnerstag, 3. Dezember", "Mittwoch, 29. Dezember 2027", "Do., 3. Dez."),
        ("fr", "jeudi 3 décembre", "mercredi 29 décembre 2027", "jeu. 3 déc."),
        ("es", "jueves, 3 de diciembre", "miércoles, 29 de diciembre de 2027", "jue, 3 dic"),
        ("pt-BR", "quinta-feira, 3 de dezembro", "quarta-feira, 29 de dezembro de 2027", "qui., 3 de dez."),
        ("it", "giovedì 3 dicembre", "mercoledì 29 dicembre 2027", "gio 3 dic"),
        ("nl", "donderdag 3 december", "woensdag 29 december 2027", "do 3 dec"),
        ("pl", "czwartek, 3 grudnia", "środa, 29 grudnia 2027", "czw., 3 gru"),
        ("id", "Kamis, 3 Desember", "Rabu, 29 Desember 2027", "Kam, 3 Des"),
        ("th", "วันพฤหัสบดีที่ 3 ธันวาคม", "วันพุธที่ 29 ธันวาคม ค.ศ. 2027", "พฤ. 3 ธ.ค."),
        ("vi", "Thứ Năm, 3 tháng 12", "Thứ Tư, 29 tháng 12, 2027", "Th 5, 3 thg 12"),
        ("ja", "12月3日木曜日", "2027年12月29日水曜日", "12月3日(木)"),
        ("ar", "الخميس، 3 ديسمبر", "الأربعاء، 29 ديسمبر 2027", "الخميس، 3 ديسمبر"),
    ],
)
def test_dates_are_written_as_the_language_writes_them(language: str, long: str, year: str, short: str) -> None:
    said = Speech(language)
    assert said.dated(FAR, TUESDAY).bare == long
    assert said.dated(NEXT_YEAR, TUESDAY).bare == year
    assert said.short(FAR, TUESDAY) == short


@pytest.mark.parametrize(
    ("language", "neighbours", "apart", "short", "long"),
    [
        (
            "de",
            "Donnerstag, 26. oder Freitag, 27. November",
            "Donnerstag, 26. November bis Donnerstag, 3. Dezember",
            "26.–27. Nov.",
            "26. Nov.–3. Dez.",
        ),
        (
            "fr",
            "jeudi 26 ou vendredi 27 novembre",
            "du jeudi 26 novembre au jeudi 3 décembre",
            "26–27 nov.",
            "26 nov.–3 déc.",
        ),
        (
            "ja",
            "11月26日木曜日または11月27日金曜日",
            "11月26日木曜日～12月3日木曜日",
            "11月26日～27日",
            "11月26日～12月3日",
        ),
        (
            "ar",
            "الخميس، 26 أو الجمعة، 27 نوفمبر",
            "الخميس، 26 نوفمبر إلى الخميس، 3 ديسمبر",
            "26–27 نوفمبر",
            "26 نوفمبر–3 ديسمبر",
        ),
    ],
)
def test_ranges_by_the_calendar(language: str, neighbours: str, apart: str, short: str, long: str) -> None:
    said = speech(language)
    assert said.range_date(days(2, 3), TUESDAY) == neighbours
    assert said.range_date(days(2, 9), TUESDAY) == apart
    assert said.range_short(days(2, 3), TUESDAY) == short
    assert said.range_short(days(2, 9), TUESDAY).replace("\N{NO-BREAK SPACE}", " ") == long


@pytest.mark.parametrize(
    ("language", "country", "said"),
    [
        *(("en", "US", "2:12 pm"), ("en", "GB", "14:12"), ("de", "DE", "14:12"), ("de", "US", "14:12")),
        *(("es", "ES", "14:12"), ("es", "MX", "2:12 p.m."), ("fr", "FR", "14:12"), ("fr", "CA", "14 h 12")),
        *(("id", "ID", "14.12"), ("ar", "EG", "2:12 م"), ("ja", "JP", "14:12"), ("vi", "VN", "14:12")),
    ],
)
def test_the_clock_is_the_languages_and_the_countrys(language: str, country: str, said: str) -> None:
    clock = Speech(language).at(country).clock(time(14, 12))
    assert clock.replace("\N{NO-BREAK SPACE}", " ") == said


@pytest.mark.parametrize(
    ("language", "country", "minor", "currency", "said"),
    [
        ("en", "US", 4900, "USD", "$49.00"),
        ("en", "DE", 123450, "EUR", "€1,234.50"),
        ("en", "CA", 4900, "CAD", "CA$49.00"),
        ("de", "DE", 123450, "EUR", "1.234,50 €"),
        ("fr", "FR", 123450, "EUR", "1 234,50 €"),
        ("fr", "CA", 4900, "CAD", "49,00 $"),
        ("nl", "NL", 4900, "EUR", "€ 49,00"),
        ("pl", "PL", 4900, "PLN", "49,00 zł"),
        ("pt-BR", "BR", 4900, "BRL", "R$ 49,00"),
        ("id", "ID", 14900000, "IDR", "Rp 149.000,00"),
        ("vi", "VN", 490000, "VND", "490.000 ₫"),
        ("th", "TH", 4900, "THB", "฿49.00"),
        ("ja", "JP", 4900, "JPY", "￥4,900"),
        ("ar", "AE", 4900, "AED", "49.00 د.إ."),
        ("ar", "US", 4900, "USD", "49.00 USD"),
        ("ar", "GB", 4900, "GBP", "49.00 GBP"),
        ("ar", "DE", 4900, "EUR", "49.00 €"),
        ("en", "IQ", 12345, "IQD", "IQD 12.345"),
        ("de", "DE", -4900, "EUR", "-49,00 €"),
    ],
)
def test_amounts(language: str, country: str, minor: int, currency: str, said: str) -> None:
    """Given minor units: no digit of them is lost, whatever CLDR rounds cash to."""
    amount = Speech(language).at(country).money(Money(amount=minor, currency=currency))
    assert amount.replace("\N{NO-BREAK SPACE}", " ") == said


def test_numbers_have_latin_digits() -> None:
    assert Speech("de").number(12345) == "12.345"
    assert Speech("ar").at("EG").number(12345) == "12,345"
    assert Speech("en").number(12345) == "12,345"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", {1: "1 one", 2: "2 other", 0: "0 other"}),
        ("pl", {1: "1 one", 2: "2 few", 5: "5 many", 12: "12 many", 22: "22 few", 25: "25 many"}),
        ("ar", {0: "0 zero", 1: "1 one", 2: "2 two", 3: "3 few", 11: "11 many", 100: "100 other"}),
        ("fr", {0: "0 one", 1: "1 one", 2: "2 other", 1_000_000: "1 000 000 many"}),
        ("ja", {1: "1 other", 2: "2 other"}),
    ],
)
def test_plurals_follow_the_categories_of_the_language(language: str, said: dict[int, str]) -> None:
    forms = {name: f"# {name}" for name in ("zero", "one", "two", "few", "many", "other")}
    got = {number: Speech(language).plural(number, forms) for number in said}
    assert {number: text.replace("\N{NO-BREAK SPACE}", " ") for number, text in got.items()} == said


def test_a_plural_without_the_category_takes_other() -> None:
    assert Speech("pl").plural(3, {"one": "# paczka", "other": "# paczek"}) == "3 paczek"


def test_a_window_and_a_deadline() -> None:
    one, five = datetime(2026, 11, 24, 13), datetime(2026, 11, 24, 17)  # noqa: DTZ001
    assert speech("de").at("DE").window(one, five) == "zwischen 13:00 und 17:00 Uhr"
    assert speech("en").at("US").window(one, five) == "between 1 and 5 pm"
    friday = Forms("Friday", "on Friday", "by Friday")
    assert Speech().at("US").with_clock(friday, time(18, 30)).by == "by Friday, 6:30 pm"
    assert Speech("ja").with_clock(Forms("金曜日"), time(18, 30)).bare == "金曜日 18:30"


def test_a_subject_names_the_latest_day_where_the_likely_one_is_gone() -> None:
    assert speech("de").range_subject(days(-1, 3), TUESDAY).bare == "bis Freitag"
    assert speech("de").range_subject(days(-1, 0), TUESDAY).bare == "heute"
    assert speech("de").range_subject(days(-3, -1), TUESDAY) == UNKNOWN


def test_a_carrier_without_a_name_is_said_in_the_language() -> None:
    assert speech("de").carrier("unknown") == "der Paketdienst"
    assert speech("de").carrier("ups") == "UPS"


spoken = st.sampled_from(LANGUAGES)
offsets = st.integers(-400, 400)


@given(spoken, st.sampled_from(COUNTRIES), offsets, offsets, st.booleans(), st.times(), st.integers(-(10**9), 10**9))
def test_whatever_is_said_is_whole(
    language: str, country: str | None, one: int, other: int, relative: bool, at: time, minor: int
) -> None:
    said = speech(language).at(country)
    span = days(min(one, other), max(one, other))
    day = TUESDAY + timedelta(one)
    texts = [
        *said.day(day, TUESDAY, relative=relative),
        *said.dated(day, TUESDAY),
        *said.subject(day, TUESDAY),
        *said.with_clock(said.day(day, TUESDAY), at),
        said.short(day, TUESDAY),
        said.clock(at),
        *(said.money(Money(amount=minor, currency=name)) for name in ("EUR", "JPY", "KWD", "XXX")),
        said.number(abs(minor)),
    ]
    ranges = [said.range(span, TUESDAY, relative=relative), said.range_date(span, TUESDAY)]
    ranges += [said.range_short(span, TUESDAY), *said.range_subject(span, TUESDAY)]
    assert all(texts)
    assert all(ranges) == any(ranges) == (span.latest >= TUESDAY)
    for text in (*texts, *ranges):
        assert not re.search(r"[{}]|\s\s|^\s|\s$|None", text), text
        assert not DIRECTION.search(text), text


@given(spoken, st.integers(-60, 60), st.integers(-60, 60))
def test_no_name_means_two_days(language: str, one: int, other: int) -> None:
    said = speech(language)
    for form in (0, 1, 2):
        names = [said.day(TUESDAY + timedelta(n), TUESDAY, relative=True)[form] for n in (one, other)]
        assert (names[0] == names[1]) == (one == other)
