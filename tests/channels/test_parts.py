"""How texts are billed, by a second way of counting: as the bytes that go over the air (3GPP TS 23.038 and 23.040)."""

from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.sms import parts

ESCAPE = 0x1B
TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet in the order of its codes, 0 to 127."""
EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}


def septets(text: str) -> list[int] | None:
    """The text in GSM 7-bit, None where it has another letter."""
    found: list[int] = []
    back = {letter: code for code, letter in EXTENSION.items()}
    for letter in text:
        if letter in back:
            found += [ESCAPE, back[letter]]
        elif letter != "\x1b" and letter in TABLE:
            found.append(TABLE.index(letter))
        else:
            return None
    return found


def cut(units: list[int], alone: int, joined: int, begins: frozenset[int]) -> int:
    """How many messages it takes; none ends with a unit of ``begins``, whose other half comes behind it."""
    if len(units) <= alone:
        return 1
    count = 0
    while units:
        end = min(joined, len(units))
        if end < len(units) and units[end - 1] in begins:
            end -= 1
        units, count = units[end:], count + 1
    return count


def test_the_table_has_every_code() -> None:
    assert len(TABLE) == len(set(TABLE)) == 128


@given(st.text(alphabet=st.one_of(st.sampled_from(TABLE + "".join(EXTENSION.values())), st.characters()), max_size=400))
def test_both_ways_of_counting_agree(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()  # halves of letters are no text
    coded = septets(text)
    if coded is not None:
        assert parts(text) == ("GSM-7", cut(coded, 160, 153, frozenset({ESCAPE})))
        return
    raw = text.encode("utf-16-be")
    units = [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]
    assert parts(text) == ("UCS-2", cut(units, 70, 67, frozenset(range(0xD800, 0xDC00))))


@given(st.text(alphabet=TABLE.replace("\x1b", "") + "€[]{}~^|\\", min_size=140, max_size=330))
def test_both_ways_of_counting_agree_at_the_edges(text: str) -> None:
    coded = septets(text)
    assert coded is not None
    assert parts(text) == ("GSM-7", cut(coded, 160, 153, frozenset({ESCAPE})))
