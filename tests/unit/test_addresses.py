"""Addresses that are judged at the first look are judged as the library would; and what that saves."""

import subprocess
import sys

from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from porchlight.domain.addresses import valid_email

LETTERS = "abcXYZ019_+-"
WORD = st.text(LETTERS, min_size=1, max_size=70)
LABEL = st.text("abYZ09-", min_size=1, max_size=66)
TOP = st.sampled_from("com de example museum COM Test test local LOCALHOST invalid onion arpa c x1 xn--p1ai".split())
ADDRESSES = st.builds(
    lambda local, labels, top: f"{'.'.join(local)}@{'.'.join([*labels, top])}",
    st.lists(WORD, min_size=1, max_size=4),
    st.lists(LABEL, max_size=5),
    TOP,
)


def judged(text: str) -> str | None:
    try:
        return validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return None


@given(ADDRESSES | st.text("aZ0.@-_ +'\"é", max_size=30))
@example("a@b--c.com")
@example("a@xn--mnchen-3ya.example")
@example("a@" + "b" * 64 + ".com")
@example("a" * 65 + "@b.com")
@example(("a" * 60 + "@" + ("b" * 60 + ".") * 4 + "com")[:254])
@example("a" * 60 + "@" + ("b" * 60 + ".") * 4 + "com")
@example("a@b.com\n")
@example("-a@b.com")
@example("a@1.2.3.de")
def test_as_the_library_would(text: str) -> None:
    assert valid_email(text) == judged(text)


def test_a_usual_address_needs_no_library() -> None:
    asked = "from porchlight.domain.addresses import valid_email as v; import sys; v('Ann+1@Larkspur.example')"
    code = f"{asked}; sys.exit('email_validator' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
