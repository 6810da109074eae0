"""Push to the brand's app by Amazon SNS: FCM (HTTP v1) and APNs. ``to`` is the ARN of the device's endpoint."""

import json
from typing import Any

from porchlight.adapters.aws import client
from porchlight.channels.aws import Response, handing_over
from porchlight.channels.kit import Kit, seconds_left
from porchlight.errors import PermanentProviderError
from porchlight.reaching import Outgoing, PushContent

MOST_SECONDS = 2_419_200
"""Four weeks: as long as FCM keeps a message."""
_GONE = frozenset({"EndpointDisabled", "NotFound", "NotFoundException", "InvalidParameter"})
"""The device is no more: its token was taken back, or its endpoint deleted. Nothing but the ARN can be invalid."""


class SnsPush:
    """``reaching.Provider``. A message that comes twice replaces itself on the device."""

    def __init__(self, kit: Kit) -> None:
        self._clock = kit.clock

    def send(self, message: Outgoing) -> str:
        """Hand it over; returns SNS's id of it."""
        if not isinstance(message.content, PushContent):
            raise PermanentProviderError("not a push message", code="wrong-content")
        seconds = seconds_left(message.expires_at, self._clock(), 60, MOST_SECONDS)
        attributes = {
            "AWS.SNS.MOBILE.APNS.TTL": str(seconds),
            "AWS.SNS.MOBILE.APNS_SANDBOX.TTL": str(seconds),
            "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert",
            "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": message.message_id,
        }
        with handing_over(_is_gone):
            answer = client("sns", attempts=1).publish(
                TargetArn=message.to,
                MessageStructure="json",
                Message=json.dumps(payloads(message.content, message.message_id, seconds)),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            )
            return str(answer["MessageId"])


def payloads(content: PushContent, message_id: str, seconds: int) -> dict[str, str]:
    """What each platform gets, as JSON in text, which is how SNS wants it."""
    data = {"url": content.url, "message_id": message_id}
    fcm: dict[str, Any] = {
        "notification": {"title": content.title, "body": content.body},
        "data": data,
        "android": {"ttl": f"{seconds}s", "collapse_key": message_id, "notification": {"tag": message_id}},
    }
    apns = {"aps": {"alert": {"title": content.title, "body": content.body}, "sound": "default"}, **data}
    return {
        "default": content.body,
        "GCM": json.dumps({"fcmV1Message": {"message": fcm}}),
        "APNS": json.dumps(apns),
        "APNS_SANDBOX": json.dumps(apns),
    }


def _is_gone(code: str, _: Response) -> bool:
    return code in _GONE


PROVIDER = SnsPush
