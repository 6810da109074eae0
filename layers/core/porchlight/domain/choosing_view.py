"""The views of the pages on which shoppers stop messages and choose what they hear."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.choosing import Choices, Place
from porchlight.domain.facts import View, say
from porchlight.domain.preferences import Digest, Frequency

NOTES = ("saved", "confirm", "stopped", "later")
"""What the page may say above the form."""

STATES = ("asked", "started", "invalid", "unticked", "too_many", "later")
"""What the form for SMS may say that came of it."""


class Shown(NamedTuple):
    """What the preference centre shows beside the choices themselves."""

    channels: Sequence[Channel]
    languages: Sequence[tuple[str, str]]
    """Tag and own name."""
    pending: Collection[Place] = ()
    """Signed up, and not confirmed."""
    closed: Collection[Place] = ()
    """That this link cannot open."""
    mobile_ending: str = ""
    back: str = ""


def stop_view(brand: str, purpose: Purpose, language: str, *, stopped: bool, fewer: str) -> View:
    """The page behind the link at the foot of an email. ``fewer``: where to choose instead."""
    facts = {"brand": brand}
    return {
        "unsubscribed": stopped,
        "language": language,
        "words": say(f"unsubscribe.{purpose.value}", facts),
        "page": say("unsubscribe.page", facts),
        "fewer": fewer,
    }


def sign_up_view(brand: str, action: str, preferences: str, state: str = "") -> View:
    """The form for SMS on the tracking page. ``action``: where it is sent; ``state``: one of ``STATES``."""
    facts = {"brand": brand}
    return {
        "words": say("signup.form", facts),
        "state": say(f"signup.states.{state}", facts) if state in STATES else "",
        "open": state not in ("asked", "started"),
        "faulty": state in ("invalid", "unticked", "too_many"),
        "action": action,
        "preferences": preferences,
    }


def preferences_view(
    brand: str, language: str, choices: Choices, shown: Shown, note: str = "", faults: Mapping[str, str] | None = None
) -> View:
    """The preference centre. ``note``: one of ``NOTES``; ``faults``: what is wrong, by field."""
    facts, faults = {"brand": brand}, faults or {}

    def words(place: str) -> View:
        return say(f"preferences.{place}", facts)

    return {
        "language": language,
        "words": words("page"),
        "note": words(f"page.{note}") if note in NOTES else "",
        "good": note in ("saved", "stopped"),
        "faults": {field: words(f"faults.{faults[field]}") if field in faults else "" for field in ("mobile", "quiet")},
        "faulty": bool(faults),
        "purposes": [_purpose(purpose, choices, shown, facts) for purpose in Purpose],
        "asked": words("purposes.asked"),
        "by_email_only": words("purposes.by_email_only") if shown.closed else "",
        "order": _order(choices, shown, facts),
        "mobile": words("mobile") if {Channel.SMS, Channel.WHATSAPP} & set(shown.channels) else None,
        "mobile_typed": choices.mobile,
        "mobile_now": say("preferences.now.mobile", {"ending": shown.mobile_ending}) if shown.mobile_ending else "",
        "frequency": _radios("frequency", Frequency, choices.frequency, facts),
        "digest": _radios("digest", Digest, choices.digest, facts),
        "quiet": words("quiet"),
        "quiet_start": choices.quiet.start.isoformat("minutes") if choices.quiet else "",
        "quiet_end": choices.quiet.end.isoformat("minutes") if choices.quiet else "",
        "tongue": words("language"),
        "tongues": [_option(tag, name, tag == choices.language) for tag, name in shown.languages],
        "back": shown.back,
    }


def _option(value: str, label: View | str, chosen: bool) -> View:
    return {"value": value, "label": label, "chosen": chosen}


def _purpose(purpose: Purpose, choices: Choices, shown: Shown, facts: View) -> View:
    boxes = []
    for channel in shown.channels:
        place = (purpose, channel)
        box = _option(f"{purpose.value}/{channel.value}", say(f"preferences.channels.{channel.value}", facts), False)
        box |= {"chosen": place in choices.on, "asked": place in shown.pending, "closed": place in shown.closed}
        boxes.append(box)
    return {"words": say(f"preferences.purposes.{purpose.value}", facts), "boxes": boxes}


def _order(choices: Choices, shown: Shown, facts: View) -> View | None:
    """One list of channels for each place; None where there is nothing to choose from."""
    if len(shown.channels) < 2:
        return None
    places = []
    # One more than are chosen, and three at least: nobody has to pass five lists that say "nowhere else".
    for number in range(1, min(len(shown.channels), max(3, len(choices.channels) + 1)) + 1):
        chosen = choices.channels[number - 1] if number <= len(choices.channels) else None
        names = [
            _option(one.value, say(f"preferences.channels.{one.value}", facts), one is chosen) for one in shown.channels
        ]
        none = say(f"preferences.channels.{'shop' if number == 1 else 'none'}", facts)
        label = say("preferences.channels.first" if number == 1 else "preferences.then.place", {"number": number})
        places.append({"name": f"channel_{number}", "label": label, "options": [_option("", none, False), *names]})
    return {"words": say("preferences.channels", facts), "places": places}


def _radios(name: str, kind: type[Frequency] | type[Digest], chosen: Frequency | Digest, facts: View) -> View:
    options = [_option(one.value, say(f"preferences.{name}.{one.value}", facts), one is chosen) for one in kind]
    return {"words": say(f"preferences.{name}", facts), "options": options}
