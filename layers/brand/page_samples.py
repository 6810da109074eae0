"""Made-up states of the pages on which shoppers stop messages and choose what they hear."""

from datetime import time

from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.choosing import Choices
from porchlight.domain.choosing_view import NOTES, STATES, Shown, preferences_view, sign_up_view, stop_view
from porchlight.domain.facts import View
from porchlight.domain.preferences import Digest, Frequency, QuietHours

LANGUAGES = (("en", "English"), ("de", "Deutsch"), ("pt-BR", "português (Brasil)"))
EMAIL_NEWS = (Purpose.SERVICE, Channel.EMAIL)


def stopping(brand: BrandConfig, language: str) -> list[tuple[str, str, View]]:
    """Name, template and view of each."""
    return [
        (
            f"{purpose.value}-{'done' if stopped else 'ask'}",
            "unsubscribe",
            stop_view(brand.name, purpose, language, stopped=stopped, fewer="../p/sample-token"),
        )
        for purpose in Purpose
        for stopped in (False, True)
    ]


def signing_up(brand: BrandConfig) -> list[tuple[str, View]]:
    """Name and view of the form for SMS on a tracking page, before and after it was sent."""
    link = "https://orders.example/p/sample-token"
    return [
        (f"sms-{state or 'form'}", sign_up_view(brand.name, "sample-token/sms", link, state)) for state in ("", *STATES)
    ]


def choosing(brand: BrandConfig, language: str) -> list[tuple[str, str, View]]:
    """Name, template and view of each: a shop with email alone, one with everything, what is wrong, what was done."""
    plain = Choices(on=frozenset({EMAIL_NEWS, (Purpose.CHECK_IN, Channel.EMAIL)}))
    full = Choices(
        on=frozenset({EMAIL_NEWS, (Purpose.SERVICE, Channel.SMS), (Purpose.MARKETING, Channel.PUSH)}),
        channels=(Channel.SMS, Channel.EMAIL),
        frequency=Frequency.KEY_MOMENTS,
        digest=Digest.DAILY,
        language="de",
        quiet=QuietHours(start=time(22), end=time(7, 30)),
    )
    one = Shown((Channel.EMAIL,), LANGUAGES[:1], back="../t/sample-token")
    every = Shown(
        tuple(Channel),
        LANGUAGES,
        pending={(Purpose.MARKETING, Channel.SMS)},
        closed={(Purpose.MARKETING, Channel.EMAIL)},
        mobile_ending="123",
        back="../t/sample-token",
    )
    wrong = full.model_copy(update={"mobile": "+1 22"})
    faults = [{"mobile": "mobile", "quiet": "quiet"}, {"mobile": "mobile_needed", "quiet": "quiet_long"}]
    faults.append({"mobile": "too_many"})
    views = {
        "email-only": preferences_view(brand.name, language, plain, one),
        "everything": preferences_view(brand.name, language, full, every),
        **{
            f"wrong-{number}": preferences_view(brand.name, language, wrong, every, faults=fault)
            for number, fault in enumerate(faults, 1)
        },
        **{note: preferences_view(brand.name, language, full, every, note) for note in NOTES},
    }
    return [(name, "preferences", view) for name, view in views.items()]
