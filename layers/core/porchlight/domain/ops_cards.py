"""How a notice reads in Slack (Block Kit) and in Teams (an Adaptive Card, by a Workflows webhook)."""

from collections.abc import Mapping
from typing import Any

from porchlight.domain.ops import OpsKind

TITLES: Mapping[OpsKind, str] = {
    OpsKind.CASE_OPENED: "A late parcel waits for your decision",
    OpsKind.RETURN_IN_REVIEW: "A return waits for your decision",
    OpsKind.RETURN_FAILED: "A return has failed: a shopper waits",
    OpsKind.CONFLICT: "A parcel arrived, or an order was shipped, after it was made good",
    OpsKind.DELAY_SURGE: "A lane breaks down: many parcels are late",
    OpsKind.FAILOVER: "A provider failed; another one sends",
    OpsKind.REPUTATION: "Too many bounces or complaints",
    OpsKind.WEBHOOK_DEAD: "An event did not reach your endpoint in three days",
    OpsKind.WEBHOOK_DISABLED: "Your endpoint was switched off",
    OpsKind.ALARM: "An alarm has changed",
}
_LONGEST = 200


def slack(brand: str, kind: OpsKind, facts: Mapping[str, str], link: str = "") -> dict[str, Any]:
    """The body for an incoming webhook. What is not ours is escaped: nothing in it pings or links."""
    title = TITLES[kind]
    lines = [f"*{_escaped(title)}*", *(f"{_escaped(name)}: `{_escaped(value)}`" for name, value in facts.items())]
    if link:
        lines.append(f"<{_escaped(link)}|Look at it>")
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines)}},
        {"type": "context", "elements": [{"type": "plain_text", "text": f"Porchlight · {brand}"}]},
    ]
    return {"text": f"{_escaped(title)} ({_escaped(brand)})", "blocks": blocks}


def teams(brand: str, kind: OpsKind, facts: Mapping[str, str], link: str = "") -> dict[str, Any]:
    """The body for a Workflows webhook ("when a Teams webhook request is received")."""
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": TITLES[kind], "weight": "Bolder", "wrap": True},
        {"type": "TextBlock", "text": f"Porchlight · {brand}", "isSubtle": True, "spacing": "None", "wrap": True},
        {"type": "FactSet", "facts": [{"title": name, "value": _escaped(value)} for name, value in facts.items()]},
    ]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Look at it", "url": link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _escaped(text: str) -> str:
    """One line, not too long, and no markup of either."""
    line = " ".join(text.replace("`", "'").replace("](", "] (").split())[:_LONGEST]
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
