"""What rules said, as it is stored: short, and nothing is lost."""

from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.channels import Channel
from porchlight.domain.forecast.lives import COMPACT
from porchlight.domain.messages import Check

CHECKS = st.builds(
    Check,
    rule=st.text(min_size=1, max_size=9),
    channel=st.none() | st.sampled_from(Channel),
    outcome=st.sampled_from(("passed", "held", "chosen", "no_consent")) | st.text(max_size=9),
    detail=st.dictionaries(st.text(max_size=9), st.text(max_size=9) | st.integers() | st.booleans(), max_size=3),
)


@given(CHECKS)
def test_a_stored_check_is_read_as_it_was(check: Check) -> None:
    assert Check.model_validate_json(check.model_dump_json(exclude_defaults=True, context=COMPACT)) == check


def test_what_passed_is_a_name() -> None:
    said = [
        Check(rule="fresh", outcome="passed"),
        Check(rule="fresh", outcome="passed", detail={"stale_hours": 12}),
        Check(rule="consent", outcome="no_consent", channel=Channel.SMS),
    ]
    assert [one.model_dump(exclude_defaults=True, context=COMPACT) for one in said] == [
        "fresh",
        ["fresh", {"stale_hours": 12}],
        ["consent", {}, "sms", "no_consent"],
    ]


def test_written_out_it_is_read_too_and_so_it_is_shown() -> None:
    # As releases before stored it, and as the API gives it
    shown = {"rule": "fresh", "channel": "sms", "outcome": "passed", "detail": {"stale_hours": 12}}
    check = Check.model_validate(shown)
    assert check == Check(rule="fresh", channel=Channel.SMS, outcome="passed", detail={"stale_hours": 12})
    assert check.model_dump(mode="json") == shown
