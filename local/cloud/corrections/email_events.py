"""What becomes of an email is told on the default bus.

Stock: configuration sets and their event destinations are stored, but no event is ever sent.
AWS: with an EventBridge destination, each matching type becomes an event from `aws.ses` on the default bus,
e.g. "Email Sent" with `detail.eventType` "Send", `detail.mail` (message id, recipients, headers, tags) and
`detail.send`.
Why: deliveries, bounces and complaints decide whom we may still write to.

The mailbox simulator's addresses behave as on AWS: bounce@, complaint@ and
suppressionlist@simulator.amazonses.com.
"""

import json
import threading
import time
from datetime import UTC, datetime
from typing import Any

from local.cloud.emulator import module

_SIMULATOR = "simulator.amazonses.com"

# Type in MatchingEventTypes → (detail-type, detail.eventType, the key of its own detail)
_EVENTS = {
    "SEND": ("Email Sent", "Send", "send"),
    "DELIVERY": ("Email Delivered", "Delivery", "delivery"),
    "BOUNCE": ("Email Bounced", "Bounce", "bounce"),
    "COMPLAINT": ("Email Complaint Received", "Complaint", "complaint"),
}


def apply() -> None:
    """Announce each message that names a configuration set, once its sender has the answer."""
    ses, ses_v2, responses = module("services.ses"), module("services.ses_v2"), module("core.responses")
    stock = ses_v2.handle_request

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        answer = await stock(method, path, headers, body, query)
        if method == "POST" and path.rstrip("/").endswith("/outbound-emails") and answer[0] == 200:
            message_id = json.loads(answer[2])["MessageId"]
            record = next(sent for sent in reversed(ses._sent_emails_list()) if sent["MessageId"] == message_id)
            name = record.get("ConfigurationSetName")
            destinations = ((ses_v2._config_sets.get(name) or {}).get("EventDestinations") or {}).values()
            wanted = {
                kind
                for destination in destinations
                if destination.get("Enabled") and destination.get("EventBridgeDestination")
                for kind in destination.get("MatchingEventTypes", [])
            }
            if wanted:
                account, region = responses.get_account_id(), responses.get_region()
                announcement = (dict(record), wanted, account, region)
                threading.Thread(target=_announce, args=announcement, daemon=True).start()
        return answer

    ses_v2.handle_request = handle


def _announce(record: dict[str, Any], wanted: set[str], account: str, region: str) -> None:
    time.sleep(0.05)  # the sender should have its message id before the event is there
    ses, events, responses = module("services.ses"), module("services.eventbridge"), module("core.responses")
    responses._request_account_id.set(account)
    responses._request_region.set(region)
    mail = _mail(record, account, region)
    for recipient in mail["destination"]:
        for kind in _outcomes(recipient):
            if kind not in wanted:
                continue
            detail_type, event_type, key = _EVENTS[kind]
            detail = (
                ses._notification_detail(event_type, recipient, mail["timestamp"]) if kind != "SEND" else {"send": {}}
            )
            entry = {
                "Source": "aws.ses",
                "DetailType": detail_type,
                "Resources": [f"arn:aws:ses:{region}:{account}:configuration-set/{record['ConfigurationSetName']}"],
                "Detail": json.dumps({"eventType": event_type, "mail": mail, key: detail[key]}),
            }
            events._put_events({"Entries": [entry]}, allow_aws_source=True)


def _outcomes(recipient: str) -> tuple[str, ...]:
    local, _, domain = recipient.partition("@")
    if domain.lower() == _SIMULATOR:
        match local.lower().split("+")[0]:
            case "bounce" | "suppressionlist":
                return "SEND", "BOUNCE"
            case "complaint":
                return "SEND", "DELIVERY", "COMPLAINT"
    return "SEND", "DELIVERY"


def _mail(record: dict[str, Any], account: str, region: str) -> dict[str, Any]:
    """The part that all events of one message share."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    source = record["Source"].rpartition("<")[2].rstrip(">")
    headers = record.get("Headers") or []
    tags: dict[str, list[str]] = {
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": [record["ConfigurationSetName"]],
        "ses:from-domain": [source.rpartition("@")[2]],
        "ses:source-ip": ["127.0.0.1"],
    }
    for tag in record.get("Tags") or []:
        tags.setdefault(tag["Name"], []).append(tag["Value"])
    return {
        "timestamp": now,
        "source": source,
        "sourceArn": f"arn:aws:ses:{region}:{account}:identity/{source.rpartition('@')[2]}",
        "sendingAccountId": account,
        "messageId": record["MessageId"],
        "destination": [*record["To"], *record["CC"], *record["BCC"]],
        "headersTruncated": False,
        "headers": headers,
        "commonHeaders": {
            "from": [record["Source"]],
            "to": record["To"],
            "messageId": record["MessageId"],
            "subject": record["Subject"],
        },
        "tags": tags,
    }
