"""Telling a source to push news of parcels to us, and to go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from porchlight.connectors import Call
from porchlight.domain.brands import BrandConfig
from porchlight.domain.shipments import Shipment
from porchlight.domain.watching import Watch, failed, not_subscribed, revived, subscribed
from porchlight.services.asking.office import Office, Parcel
from porchlight.services.asking.speaker import Speaker

_GONE = frozenset({404, 410})


@dataclass(frozen=True)
class Subscriber:
    """Subscribes to parcels of one brand at one source."""

    office: Office
    brand: BrandConfig
    source: str
    subscriptions: Any

    def subscribe(self, speaker: Speaker, parcels: Sequence[Parcel]) -> list[Parcel]:
        """Subscribe to at most as many parcels as one call may; returns those that are to be asked about at once: the
        source keeps no history, or would not take them. LineShutError as in ``Speaker.send``: they stay due.
        """
        by_number = {self.office.number_of(self.source, parcel.shipment): parcel for parcel in parcels}
        callback = self._callback(speaker)
        plan = self.subscriptions.subscribe(list(by_number), speaker.account, "", callback)
        to_ask: list[Parcel] = []
        for part in (list(call.numbers) for call in plan):
            answer = speaker.send(partial(self._call, speaker, part, callback))
            about = [by_number[number] for number in part]
            now = self.office.pulse.now()
            if answer is None:
                for parcel in about:
                    self.office.settle(parcel, partial(_unanswered, now))
                continue
            speaker.understood(answer)
            taken = self.subscriptions.subscribed(answer)
            if taken is None:
                self.office.metrics.count("SubscriptionRefused", len(about), carrier=self.source)
            else:
                self.office.metrics.count("Subscribed", len(about), carrier=self.source)
            for parcel in about:
                after = self._settled(speaker, parcel, taken)
                if after and (taken is None or self._to_backfill(after)):
                    to_ask.append(after)
        return to_ask

    def _call(self, speaker: Speaker, numbers: Sequence[str], callback: str, token: str) -> Call:
        call: Call = self.subscriptions.subscribe(numbers, speaker.account, token, callback)[0]
        return call

    def _settled(self, speaker: Speaker, parcel: Parcel, taken: str | None) -> Parcel | None:
        now = self.office.pulse.now()
        if taken is None:
            return self.office.settle(parcel, lambda watch, _: not_subscribed(watch, now))
        return self.office.settle(
            parcel,
            lambda watch, shipment: subscribed(
                watch,
                shipment,
                self.brand.tracking,
                now,
                account=speaker.account.account,
                subscription_id=taken,
                lifetime=self.subscriptions.lifetime,
                backfill=self._to_backfill(Parcel(shipment, watch)),
            ),
        )

    def _to_backfill(self, parcel: Parcel) -> bool:
        """True once, where the source pushes only what happens from now on."""
        return not self.subscriptions.keeps_history and parcel.watch.asked_at is None

    def revive(self, speaker: Speaker, parcel: Parcel) -> Parcel | None:
        """Resume a subscription that has said nothing for long; one that is gone is made anew at the next look."""
        watch, account = parcel.watch, speaker.account
        if not watch.subscription_id or self.subscriptions.revive(watch.subscription_id, account, "") is None:
            return parcel
        answer = speaker.send(lambda token: self.subscriptions.revive(watch.subscription_id, account, token))
        if answer is None:
            return parcel
        speaker.understood(answer)
        now, gone = self.office.pulse.now(), answer.status in _GONE
        self.office.metrics.count("Revived", carrier=self.source, outcome="gone" if gone else "done")
        return self.office.settle(parcel, lambda watch, _: revived(watch, None if gone else now))

    def _callback(self, speaker: Speaker) -> str:
        """Our address for the source's pushes, with the account's token where that is what proves them."""
        token = speaker.account.credentials.get("path_token", "")
        return f"{self.office.public_url()}/webhooks/{self.source}" + (f"/{token}" if token else "")


def _unanswered(now: datetime, watch: Watch, _: Shipment) -> Watch:
    return failed(watch, now)
