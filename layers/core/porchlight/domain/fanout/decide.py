"""The decision about one message: gates, then channels in order, then when."""

from porchlight.domain.channels import Channel
from porchlight.domain.fanout.gates import gates
from porchlight.domain.fanout.reach import candidates, counting, refusal
from porchlight.domain.fanout.situation import Decision, Outcome, Situation
from porchlight.domain.fanout.timing import held
from porchlight.domain.messages import Check, Suppression


def decide(the: Situation) -> Decision:
    """Whether it is told, by which channel, and when; with everything that was asked on the way.

    The same situation gives the same decision: it is asked when a message is planned, and again when it is sent.
    """
    reason, checks = gates(the)
    if reason:
        return Decision(Outcome.SUPPRESS, tuple(checks), reason=reason)
    channel, reasons = None, []
    for one in candidates(the):
        if channel:
            checks.append(Check(rule="first_that_may", channel=one, outcome="not_needed"))
            continue
        refused, asked = refusal(the, one)
        checks += asked
        if refused:
            reasons.append(refused)
        else:
            channel = one
    if channel is None:
        # Where only one channel was to be had, its reason is the whole story.
        why = reasons[0] if len(set(reasons)) == 1 else Suppression.NO_CHANNEL
        return Decision(Outcome.SUPPRESS, tuple(checks), reason=why)
    checks.append(Check(rule="first_that_may", channel=channel, outcome="chosen"))
    counted = bool(counting(the, channel))
    if waits := held(the, channel):
        until, why_held = waits
        detail: dict[str, str | int | bool] = {"until": until.isoformat(), "for": why_held.value}
        checks.append(Check(rule="timing", channel=channel, outcome="held", detail=detail))
        return Decision(*(Outcome.HOLD, tuple(checks), channel), not_before=until, held_for=why_held, counted=counted)
    checks.append(Check(rule="timing", channel=channel, outcome="passed", detail=_zone(the)))
    return Decision(Outcome.SEND, tuple(checks), channel, counted=counted)


def also(the: Situation) -> list[Channel]:
    """Channels that the brand adds to the first one for this moment."""
    return [one for one in the.brand.outreach.also.get(the.news.moment, ()) if one in the.brand.outreach.providers]


def _zone(the: Situation) -> dict[str, str | int | bool]:
    return {"zone": the.zone} if the.zone else {}
