"""What SMS are billed as, and addresses that can exist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.addresses import Number, phone_number, valid_email
from porchlight.domain.sms import fit, parts, plain

GSM = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCXYZÄÖÑÜ§¿abcxyzäöñüà"


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        # An escape and its letter stand in one segment: 76 of them in 153 places, and one place is left over.
        ("€" * 152, "GSM-7", 2),
        ("€" * 153, "GSM-7", 3),
        ("ж" * 70, "UCS-2", 1),
        ("ж" * 71, "UCS-2", 2),
        ("🎁" * 35, "UCS-2", 1),
        ("🎁" * 36, "UCS-2", 2),
        ("a" * 69 + "ж", "UCS-2", 1),
    ],
)
def test_segments_as_networks_bill_them(text: str, encoding: str, segments: int) -> None:
    assert parts(text) == (encoding, segments)


@given(st.text(alphabet=GSM, max_size=700))
def test_basic_letters_take_one_place_each(text: str) -> None:
    size = len(text)
    assert parts(text) == ("GSM-7", 1 if size <= 160 else -(-size // 153))


@given(st.text(max_size=500))
def test_a_longer_text_never_has_fewer_parts_and_plain_never_more(text: str) -> None:
    assert parts(text + "x").segments >= parts(text).segments
    assert parts(plain(text)).segments <= parts(text).segments


def test_typography_does_not_double_the_price() -> None:
    assert plain("Larkspur: it’s late – now “Thu”…") == 'Larkspur: it\'s late - now "Thu"...'
    assert plain("Łódź’s") == "Łódź’s"  # it stays UCS-2 all the same: nothing to win


def test_the_longest_form_that_fits_is_taken() -> None:
    long, short = "a" * 200, "b" * 100
    assert fit((long, short), 1) == (short, 1)
    assert fit((long, short), 2) == (long, 2)
    assert fit((long,), 1) is None


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+1 503-555-0100", None, Number("+15035550100", "US")),
        ("+1 123-555-0100", None, None),
        ("(503) 228-1234", "US", Number("+15032281234", "US")),
        ("+4930901820", "US", Number("+4930901820", "DE")),
        ("030 901820", "DE", Number("+4930901820", "DE")),
        ("030 901820", None, None),
        ("hello", "US", None),
        ("", "US", None),
        ("1" * 50, "US", None),
        ("+80012345678", None, Number("+80012345678", None)),
    ],
)
def test_numbers(text: str, country: str | None, number: Number | None) -> None:
    assert phone_number(text, country) == number


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@larkspur.example", "ann@larkspur.example"),
        (" Ann.B@Larkspur.Example ", "Ann.B@larkspur.example"),
        ("ann@münchen.example", "ann@münchen.example"),
        ("ann", None),
        ("ann@", None),
        ("a b@c.example", None),
        ("ann@localhost", None),
        ("x" * 400 + "@c.example", None),
    ],
)
def test_addresses(text: str, address: str | None) -> None:
    assert valid_email(text) == address
