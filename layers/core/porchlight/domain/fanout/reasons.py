"""A decision in one sentence, for people of the brand. English: shoppers never read it."""

from porchlight.domain.messages import Check, Hold, MessageRecord, MessageState, Suppression

SUPPRESSED: dict[Suppression, str] = {
    Suppression.OVERTAKEN: "By the time it would have gone out it was no news any more.",
    Suppression.STALE: "It would have gone out later than {stale_hours} hours after it happened.",
    Suppression.CANCELLED: "The order was cancelled.",
    Suppression.ERASED: "The shopper's data was erased.",
    Suppression.MOMENT_OFF: "The brand does not send it: it is switched off in its catalogue (moments.yaml).",
    Suppression.UNSUBSCRIBED: "The shopper has switched off {purpose} messages.",
    Suppression.FREQUENCY: "The shopper has asked for {frequency}, and this is a {level} moment.",
    Suppression.SEGMENT: "The shopper is not in the segments that it is for (only: {only}; never: {never}).",
    Suppression.HELD_OUT: "The shopper is in the hold-out of the experiment {experiment} ({version}).",
    Suppression.TROUBLE: "Something is wrong with the order: nobody is asked how it was, or sold anything.",
    Suppression.CONTINUED: "Another parcel of the order, or another message about it, comes first.",
    Suppression.CAPPED: "The shopper had {at_most} messages in {hours} hours, which is as many as the brand allows.",
    Suppression.NO_ADDRESS: "There is no {channel} address.",
    Suppression.INVALID_ADDRESS: "The {channel} address can be none.",
    Suppression.UNREACHABLE: "The {channel} address takes no messages ({because}).",
    Suppression.NO_CONSENT: "The shopper has not agreed to it by {channel} ({opt_in} opt-in: {rule}).",
    Suppression.NOT_CHOSEN: "Neither the shopper nor the moment uses {channel} for it.",
    Suppression.NOT_ALLOWED_THERE: "The rules for senders in {country} do not allow it by {channel}.",
    Suppression.PAUSED: "All but service news is paused by {channel}: bounces or complaints are near the limits.",
    Suppression.NO_CHANNEL: "No channel could be used: {channels}.",
}
_WITHDRAWN = "The shopper has said no to it by {channel}."
HELD: dict[Hold, str] = {
    Hold.QUIET_HOURS: "quiet hours",
    Hold.DIGEST: "the shopper's daily digest",
    Hold.GATHER: "other parcels of the order, which may come to the same moment within minutes",
    Hold.FOLLOW_UP: "its time after the moment that it follows",
    Hold.ONE_A_DAY: "the next morning: another message about the delay was sent today, or says more at once",
}


def why(record: MessageRecord, lead: MessageRecord | None = None) -> str:
    """What became of a message and why. ``lead``: the message that it was merged into, where that is known."""
    match record.state:
        case MessageState.SUPPRESSED:
            return _suppressed(record)
        case MessageState.MERGED:
            ended = f", which is {lead.state.value}" if lead else ""
            into = record.merged_into.message_id if record.merged_into else "another one"
            return f"It is told by the message {into}{ended}."
        case MessageState.PLANNED if record.not_before and record.held_for:
            return f"Held until {record.not_before:%Y-%m-%d %H:%M} UTC, for {HELD[record.held_for]}."
        case MessageState.PLANNED:
            return "Decided, and about to be sent."
        case MessageState.SENDING:
            return f"Handed over by {record.channel}; whether it was taken is not known yet."
        case MessageState.FAILED:
            return f"By {record.channel} it failed for good ({record.failure}); see the next channel's message, if any."
    return _sent(record)


def _sent(record: MessageRecord) -> str:
    provider = f" ({record.provider})" if record.provider else ""
    after = " after the channel before it failed or was not confirmed" if record.fallback_of else ""
    told = [
        f"{word} {at:%Y-%m-%d %H:%M}"
        for word, at in (
            ("delivered", record.delivered_at),
            ("opened", record.opened_at),
            ("clicked", record.clicked_at),
            ("bounced", record.bounced_at),
        )
        if at
    ]
    return f"Sent by {record.channel}{provider}{after}{''.join(f', {one} UTC' for one in told)}."


def _suppressed(record: MessageRecord) -> str:
    if record.reason is None:
        return "Not sent."
    refused = [check for check in record.checks if check.outcome in set(Suppression)]
    if record.reason is Suppression.NO_CHANNEL:
        each = ", ".join(f"{one.channel.value}: {one.outcome.replace('_', ' ')}" for one in refused if one.channel)
        return SUPPRESSED[record.reason].format(channels=each or "none is set up")
    decisive = next((check for check in refused if check.outcome == record.reason.value), None)
    if decisive and record.reason is Suppression.NO_CONSENT and decisive.detail.get("rule") == "withdrawn":
        return _filled(_WITHDRAWN, decisive)
    return _filled(SUPPRESSED[record.reason], decisive)


class _Known(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "none" if name in ("only", "never") else "it"


def _filled(sentence: str, check: Check | None) -> str:
    detail = {name: str(value).replace("_", " ") for name, value in (check.detail if check else {}).items()}
    channel = check.channel.value.replace("_", " ") if check and check.channel else "that"
    return sentence.format_map(_Known({"channel": channel} | detail))
