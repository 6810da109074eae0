"""What the consent ledger comes to, and whether a purpose may use a channel.

Where things stand follows from all records of a purpose and channel whatever the order in which they arrived: an
instant decides, and at one instant the withdrawal.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction, ConsentRecord, ConsentSource, OptIn, Standing

ADDRESSED = frozenset({Channel.EMAIL, Channel.SMS, Channel.WHATSAPP})
"""Channels with an address that consent is about. Devices and browsers have said yes themselves."""


class Verdict(NamedTuple):
    """Whether it may be sent, the rule that says so, and the ledger record that it rests on."""

    allowed: bool
    rule: str
    consent_id: str | None = None


def standing(records: Iterable[ConsentRecord]) -> Standing | None:
    """What the records of one purpose and channel come to; None: nothing was ever said.

    The newest withdrawal ends all that is not newer. What was asked since and never confirmed leaves a grant as it is.
    Of grants the newest names the address; one that is confirmed stands before others for the same address.
    """
    known = sorted(records, key=lambda record: (record.at, record.consent_id))
    withdrawn = [record for record in known if record.action is ConsentAction.WITHDRAWN]
    since = [record for record in known if not withdrawn or record.at > withdrawn[-1].at]
    granted = [record for record in since if record.action is ConsentAction.GRANTED]
    if granted:
        same = [record for record in granted if record.address_digest == granted[-1].address_digest]
        return _of(next((record for record in reversed(same) if record.confirmed), same[-1]))
    # Somebody who has said stop is not written to because a form was filled in for them: only a grant lifts that.
    return _of((withdrawn or known)[-1]) if known else None


def has_stopped(records: Iterable[ConsentRecord], purpose: Purpose, channel: Channel, address_digest: str) -> bool:
    """True where the last word came from the address itself, and was STOP: a form does not lift that, another word
    from there does.
    """
    known = [one for one in records if (one.purpose, one.channel) == (purpose, channel)]
    said = [one for one in known if one.action is not ConsentAction.ASKED]
    last = max(said, key=lambda one: (one.at, one.action is ConsentAction.WITHDRAWN), default=None)
    stopped = last is not None and last.action is ConsentAction.WITHDRAWN and last.source is ConsentSource.KEYWORD
    return stopped and last is not None and last.address_digest == address_digest


def remembered(records: Iterable[ConsentRecord], erased_at: datetime | None) -> list[ConsentRecord]:
    """The records that still count for somebody who was erased then: of before, what was withdrawn alone."""
    if erased_at is None:
        return list(records)
    return [one for one in records if one.at > erased_at or one.action is ConsentAction.WITHDRAWN]


def pending(records: Iterable[ConsentRecord], address_digest: str, since: datetime) -> list[ConsentRecord]:
    """What was asked for an address since then and is neither confirmed nor withdrawn: the newest for each purpose and
    channel.
    """
    known = sorted(records, key=lambda record: (record.at, record.consent_id))
    asked = [record for record in known if record.action is ConsentAction.ASKED and record.at >= since]
    newest = {(one.purpose, one.channel): one for one in asked if one.address_digest == address_digest}
    ends = [record for record in known if record.action is not ConsentAction.ASKED]
    return [record for record in newest.values() if not any(_ends(end, record) for end in ends)]


def allowed(
    channel: Channel,
    opt_in: OptIn,
    standing: Standing | None,
    address_digest: str,
    *,
    customer: bool = True,
) -> Verdict:
    """Whether a message may go to this address by this channel: ``opt_in`` and ``standing`` are those of its purpose
    there.

    ``customer``: the shopper has bought something here, which a soft opt-in rests on.
    """
    if standing is not None and standing.action is ConsentAction.WITHDRAWN:
        return Verdict(False, "withdrawn", standing.consent_id)
    if opt_in is OptIn.NONE:
        return Verdict(True, "no_opt_in_needed", standing.consent_id if standing else None)
    mine = standing is not None and (channel not in ADDRESSED or standing.address_digest == address_digest)
    if standing is not None and mine and standing.action is ConsentAction.GRANTED:
        if opt_in is not OptIn.DOUBLE or standing.confirmed:
            return Verdict(True, "granted", standing.consent_id)
        return Verdict(False, "not_confirmed", standing.consent_id)
    if opt_in is OptIn.SOFT:
        return Verdict(customer, "customer" if customer else "no_customer", standing.consent_id if standing else None)
    if standing is None:
        return Verdict(False, "never_asked")
    rule = "not_confirmed" if standing.action is ConsentAction.ASKED else "another_address"
    return Verdict(False, rule, standing.consent_id)


def _ends(end: ConsentRecord, asked: ConsentRecord) -> bool:
    """True where a record answers what was asked, or takes it back."""
    if (end.purpose, end.channel) != (asked.purpose, asked.channel) or end.at < asked.at:
        return False
    return end.action is ConsentAction.WITHDRAWN or end.address_digest == asked.address_digest


def _of(record: ConsentRecord) -> Standing:
    return Standing(
        action=record.action,
        consent_id=record.consent_id,
        at=record.at,
        address_digest=record.address_digest,
        confirmed=record.confirmed,
    )
