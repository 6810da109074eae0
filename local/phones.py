"""Phones and browsers, pretended: what AWS End User Messaging (SMS and Social) and a push service are given.

The local cloud's emulator has neither. This stands in their place: mounted into the front door, it speaks their wire
formats (AWS JSON 1.0, REST-JSON, RFC 8030) as far as one message is handed over. Functions come here by botocore's own
``AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2`` and ``AWS_ENDPOINT_URL_SOCIALMESSAGING``; subscriptions of browsers by
their endpoint. Nothing leaves this machine.
"""

import base64
import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from local.front import Request, Response

_TARGET = "PinpointSMSVoiceV2.SendTextMessage"


@dataclass(frozen=True)
class Taken:
    """One message that came. ``tags``: what names it in reports."""

    channel: str
    """``sms``, ``whatsapp``, or ``web_push`` (of which nobody here can read more than the size)."""
    to: str
    sender: str
    text: str
    message_id: str
    taken_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trouble:
    """An answer in place of yes: an HTTP status with AWS's error code, and the fields that the error has."""

    status: int
    code: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


class Phones:
    """The handler. ``plan`` holds what is answered to the next requests; after these, everything is taken."""

    PREFIX: ClassVar[str] = "/demo/phones"

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.plan: list[Trouble] = []
        self.calls = 0
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response:
        """One message."""
        with self._lock:
            self.calls += 1
            if self.plan:
                return _said(self.plan.pop(0))
            path = request.path.removeprefix(self.PREFIX).strip("/")
            if request.headers.get("x-amz-target") == _TARGET:
                return self._sms(json.loads(request.body))
            if path == "v1/whatsapp/send":
                return self._whatsapp(json.loads(request.body))
            if path.startswith("push/"):
                return self._push(path, request)
            return _said(Trouble(400, "UnknownOperationException"))

    def environment(self, front_url: str) -> dict[str, str]:
        """What a function needs to come here."""
        url = front_url + self.PREFIX
        return {"AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": url, "AWS_ENDPOINT_URL_SOCIALMESSAGING": url}

    def _sms(self, asked: dict[str, Any]) -> Response:
        sender = str(asked.get("OriginationIdentity") or "AWS")
        tags = asked.get("Context") or {}
        number, text = asked["DestinationPhoneNumber"], asked["MessageBody"]
        return Response.json({"MessageId": self._take("sms", number, sender, text, tags, asked)})

    def _whatsapp(self, asked: dict[str, Any]) -> Response:
        message = json.loads(base64.b64decode(asked["message"]))
        template = message["template"]
        values = [one["text"] for part in template["components"] for one in part["parameters"]]
        text = f"{template['name']} ({template['language']['code']}): {' · '.join(values)}"
        tags = json.loads(message.get("biz_opaque_callback_data") or "{}")
        sender = asked["originationPhoneNumberId"]
        return Response.json({"messageId": self._take("whatsapp", message["to"], sender, text, tags, message)})

    def _push(self, path: str, request: Request) -> Response:
        kept = {name: request.headers.get(name, "") for name in ("ttl", "topic", "urgency", "authorization")}
        kept["body"] = base64.b64encode(request.body).decode()
        text = f"{len(request.body)} bytes, for this browser alone"
        self._take("web_push", path.removeprefix("push/"), "", text, {}, kept)
        return Response(201, headers=[("Location", f"{self.PREFIX}/m/{uuid.uuid4()}")])

    def _take(
        self, channel: str, to: str, sender: str, text: str, tags: Mapping[str, str], request: Mapping[str, Any]
    ) -> str:
        message_id = str(uuid.uuid4())
        self.taken.append(Taken(channel, to, sender, text, message_id, datetime.now(UTC), dict(tags), request))
        return message_id


def _said(trouble: Trouble) -> Response:
    body = {"__type": trouble.code, "Message": "as planned", "message": "as planned", **trouble.fields}
    headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", trouble.code)]
    return Response(trouble.status, json.dumps(body).encode(), headers)
