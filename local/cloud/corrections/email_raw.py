"""What was handed to SES can be looked at whole.

Stock: of a raw message only subject and bodies are kept, from a SendEmail without Destination or
FromEmailAddress not even the addresses; `/_ministack/ses/messages` shows no headers. An unknown configuration
set is accepted.
AWS: the message is sent as it is; an unknown configuration set is an error.
Why: the local inbox shows emails as shoppers see them, List-Unsubscribe headers included; tests read them
there.

`/_ministack/ses/messages` gains, for each message, `Raw` (base64 of the MIME message, or null), `Headers`,
`ConfigurationSetName` and `Tags`.
"""

import base64
import email
import json
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import getaddresses
from typing import Any

from local.cloud.emulator import module

Headers = list[dict[str, str]]


def apply() -> None:
    """Complete each message's record after it was sent, and show what was added."""
    ses, ses_v2, app = module("services.ses"), module("services.ses_v2"), module("app")
    stock_handle, stock_messages = ses_v2.handle_request, app._handle_ses_messages_request

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        if method != "POST" or not path.rstrip("/").endswith("/outbound-emails"):
            return await stock_handle(method, path, headers, body, query)
        request = json.loads(body)
        message = _raw_message(request)
        name = request.get("ConfigurationSetName")
        if name and name not in ses_v2._config_sets:
            return ses_v2._missing_config_set(name)
        if message is not None:
            request = _with_addresses(request, message)
            body = json.dumps(request).encode()
        answer = await stock_handle(method, path, headers, body, query)
        if answer[0] == 200:
            message_id = json.loads(answer[2])["MessageId"]
            record = next(sent for sent in reversed(ses._sent_emails_list()) if sent["MessageId"] == message_id)
            record |= {
                "Raw": request["Content"]["Raw"]["Data"] if message is not None else None,
                "Headers": _headers(request, message),
                "ConfigurationSetName": name or "",
                "Tags": request.get("EmailTags") or [],
            }
        return answer

    async def messages(method: str, path: str, headers: Any, query: Any) -> Any:
        answer = await stock_messages(method, path, headers, query)
        if answer is None or answer[0] != 200:
            return answer
        shown = json.loads(answer[2])
        records = {record["MessageId"]: record for sent in ses._sent_emails._data.values() for record in sent}
        for entry in (entry for entries in shown["messages"].values() for entry in entries):
            record = records.get(entry["MessageId"], {})
            entry |= {key: record.get(key) for key in ("Raw", "Headers", "ConfigurationSetName", "Tags")}
        return answer[0], answer[1], json.dumps(shown).encode()

    ses_v2.handle_request, app._handle_ses_messages_request = handle, messages


def _raw_message(request: dict[str, Any]) -> EmailMessage | None:
    raw = (request.get("Content") or {}).get("Raw")
    if not raw:
        return None
    return email.message_from_bytes(base64.b64decode(raw["Data"]), policy=modern)


def _with_addresses(request: dict[str, Any], message: EmailMessage) -> dict[str, Any]:
    """The request with sender and recipients that AWS takes from the message's headers."""
    result = dict(request)
    result.setdefault("FromEmailAddress", str(message["From"] or ""))
    if not any((request.get("Destination") or {}).values()):
        result["Destination"] = {
            f"{field}Addresses": [address for _, address in getaddresses([str(v) for v in message.get_all(field, [])])]
            for field in ("To", "Cc", "Bcc")
        }
    return result


def _headers(request: dict[str, Any], message: EmailMessage | None) -> Headers:
    if message is not None:
        return [{"name": name, "value": str(value)} for name, value in message.items()]
    simple = (request.get("Content") or {}).get("Simple") or {}
    return [{"name": header["Name"], "value": header["Value"]} for header in simple.get("Headers") or []]
