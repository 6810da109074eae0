"""Messages that are sent as one: parcels of an order that come to the same moment within minutes, and a day's digest.

The first one leads: it is the message that goes out. Whoever comes later joins it and is recorded as merged into it. A
bundle is closed before its lead is sent: who comes then begins a new one. Every step may be repeated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from porchlight.domain.messages import Hold, MessageRecord, MessageState, Told
from porchlight.errors import ConflictError
from porchlight.ports import Messages
from porchlight.reaching import MOST_MEMBERS, Bundle, Bundles

_MOST_BUNDLES = 20
_KEPT = timedelta(days=40)


@dataclass(frozen=True)
class Gatherer:
    """Puts held messages together."""

    bundles: Bundles
    messages: Messages

    def join(self, record: MessageRecord) -> MessageRecord:
        """Let a planned message that waits for a digest or for others of its order join them; returns it as it is
        stored then: it leads, or is merged into the one that does.

        ConflictError: others joined at the same moment; try again.
        """
        me = Told(order_id=record.order_id, message_id=record.message_id)
        for key in _keys(record):
            bundle = self.bundles.get(record.brand, record.shopper_id, key)
            if bundle is None:
                bundle = _begun(record, key, me)
                self.bundles.save(bundle)
            elif key != record.bundle_id and record.planned_at >= bundle.kept_until - _KEPT:
                continue  # its time is over, whatever became of it
            elif me not in bundle.members:
                if bundle.closed:
                    continue
                bundle = self._with(bundle, me)
            if bundle.lead == me:
                return self._kept(record, bundle.bundle_id)
            return self._merged(record, bundle)
        return record  # so many were closed within one hour: it goes out by itself

    def close(self, record: MessageRecord) -> tuple[Told, ...]:
        """All that a lead says, itself first; from now on nobody joins. Another message says itself alone."""
        me = Told(order_id=record.order_id, message_id=record.message_id)
        if record.bundle_id is None:
            return (me,)
        bundle = self.bundles.get(record.brand, record.shopper_id, record.bundle_id)
        if bundle is None:
            return (me,)
        if not bundle.closed:
            bundle = bundle.model_copy(update={"closed": True, "version": bundle.version + 1})
            self.bundles.save(bundle)
        return bundle.members

    def has_more(self, record: MessageRecord) -> bool:
        """True where more joined than are listed."""
        bundle = record.bundle_id and self.bundles.get(record.brand, record.shopper_id, record.bundle_id)
        return bool(bundle and bundle.more)

    def _with(self, bundle: Bundle, me: Told) -> Bundle:
        if len(bundle.members) >= MOST_MEMBERS:
            if bundle.more:
                return bundle
            update: dict[str, object] = {"more": True}
        else:
            update = {"members": (*bundle.members, me)}
        joined = bundle.model_copy(update={**update, "version": bundle.version + 1})
        self.bundles.save(joined)
        return joined

    def _kept(self, record: MessageRecord, bundle_id: str) -> MessageRecord:
        if record.bundle_id == bundle_id:
            return record
        led = record.model_copy(update={"bundle_id": bundle_id, "version": record.version + 1})
        self.messages.update(led, due_at=led.not_before)
        return led

    def _merged(self, record: MessageRecord, bundle: Bundle) -> MessageRecord:
        if record.state is MessageState.MERGED:
            return record
        merged = record.model_copy(
            update={
                "state": MessageState.MERGED,
                "merged_into": bundle.lead,
                "bundle_id": bundle.bundle_id,
                "version": record.version + 1,
            }
        )
        self.messages.update(merged, due_at=None)
        return merged


def _begun(record: MessageRecord, key: str, me: Told) -> Bundle:
    return Bundle(
        brand=record.brand,
        shopper_id=record.shopper_id,
        bundle_id=key,
        lead=me,
        members=(me,),
        kept_until=(record.not_before or record.planned_at) + _KEPT,
        version=1,
    )


def _keys(record: MessageRecord) -> Iterator[str]:
    """Names of the bundles that it may join, in turn: the next one where the one before is closed."""
    if record.bundle_id:
        yield record.bundle_id
    if record.not_before is None:
        raise ConflictError("only what is held waits for others")
    if record.held_for is Hold.DIGEST:
        base = f"digest#{record.channel}#{record.not_before:%Y%m%dT%H}"
    else:
        base = f"gather#{record.order_id}#{record.moment.value}#{record.channel}"
    yield from (f"{base}#{number}" for number in range(_MOST_BUNDLES))
