"""WhatsApp by AWS End User Messaging Social: a template that Meta has approved, with what stands in its places."""

import json
from typing import Any

from porchlight.adapters.aws import client
from porchlight.channels.aws import handing_over
from porchlight.channels.kit import Kit
from porchlight.errors import PermanentProviderError
from porchlight.reaching import Outgoing, TemplateContent

META_API_VERSION = "v20.0"


class AwsWhatsApp:
    """``reaching.Provider``. ``from_address`` is the id of the brand's number at AWS. Whether the number is on WhatsApp
    is told later, by an event that carries our tags back.
    """

    def __init__(self, _: Kit) -> None:
        pass

    def send(self, message: Outgoing) -> str:
        """Hand it over; returns AWS's id of it."""
        body = json.dumps(payload(message), separators=(",", ":")).encode()
        with handing_over():
            answer = client("socialmessaging", attempts=1).send_whatsapp_message(
                originationPhoneNumberId=message.from_address,
                metaApiVersion=META_API_VERSION,
                message=body,
            )
            return str(answer["messageId"])


def payload(message: Outgoing) -> dict[str, Any]:
    """Meta's message object (Cloud API reference, "Messages")."""
    content = message.content
    if not isinstance(content, TemplateContent):
        raise PermanentProviderError("not a template", code="wrong-content")
    components: list[dict[str, Any]] = []
    if content.parameters:
        components.append({"type": "body", "parameters": [_text(one) for one in content.parameters]})
    if content.url_suffix:
        button = {"type": "button", "sub_type": "url", "index": "0", "parameters": [_text(content.url_suffix)]}
        components.append(button)
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": message.to,
        "type": "template",
        "template": {"name": content.name, "language": {"code": content.language}, "components": components},
        "biz_opaque_callback_data": json.dumps(dict(message.tags), separators=(",", ":")),
    }


def _text(value: str) -> dict[str, str]:
    """Meta takes neither line breaks nor runs of spaces."""
    return {"type": "text", "text": " ".join(value.split())}


PROVIDER = AwsWhatsApp
