"""Which reports there are: told apart by their form, whoever brings them."""

from collections.abc import Mapping
from typing import Any

from porchlight.channels.email import receipts as email
from porchlight.channels.sms import receipts as sms
from porchlight.channels.whatsapp import receipts as whatsapp
from porchlight.domain.receipts import Receipt


def parse(report: Mapping[str, Any]) -> list[Receipt]:
    """What a provider's report says of messages of ours; [] where it says nothing.

    KeyError, TypeError or ValueError for one in a form that none of them has.
    """
    if "mail" in report:
        return email.parse(report)
    if "whatsAppWebhookEntry" in report:
        return whatsapp.parse(report)
    return sms.parse(report)
