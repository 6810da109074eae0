"""What shoppers did with each moment's messages: delivered, opened, clicked, bounced, complained of."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from porchlight.domain.receipts import ReceiptKind
from porchlight.errors import InvalidInputError
from porchlight.reaching import Engagement

MOST_DAYS = 366


@dataclass(frozen=True)
class EngagementReport:
    """Adds up the counts of days."""

    engagement: Engagement

    def ask(self, brand: str, days: str, today: date) -> dict[str, Any]:
        """What ``GET /v1/engagement?days=28`` answers; InvalidInputError for a number that is none."""
        if days and not (days.isascii() and days.isdigit() and 1 <= int(days) <= MOST_DAYS):
            raise InvalidInputError(f"days is a number from 1 to {MOST_DAYS}")
        return self.of(brand, int(days or 28), today)

    def of(self, brand: str, days: int, today: date) -> dict[str, Any]:
        """By moment and channel, with the share of those delivered."""
        first = today - timedelta(days=days - 1)
        sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for one in self.engagement.days(brand, first, today):
            for kind, count in one.counts.items():
                sums[one.moment.value, one.channel.value][kind.value] += count
        rows = [
            {"moment": moment, "channel": channel, **_row(counts)} for (moment, channel), counts in sorted(sums.items())
        ]
        return {"since": first.isoformat(), "until": today.isoformat(), "moments": rows}


def _row(counts: Counter[str]) -> dict[str, Any]:
    delivered = counts[ReceiptKind.DELIVERED.value]
    shares = {
        f"{name}_share": round(counts[kind.value] / delivered, 4) if delivered else None
        for name, kind in (("opened", ReceiptKind.OPENED), ("clicked", ReceiptKind.CLICKED))
    }
    return {kind.value: counts[kind.value] for kind in ReceiptKind if counts[kind.value]} | shares
