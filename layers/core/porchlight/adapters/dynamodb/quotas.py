"""Token buckets of providers: one number each, moved by one conditional update (domain/pacing.py)."""

from collections.abc import Callable

from porchlight.adapters.aws import client, translated
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item
from porchlight.domain.channels import Channel
from porchlight.domain.pacing import AHEAD, SECOND, Lease, astray, space, wanted
from porchlight.errors import THROTTLED, ConflictError, TransientError

KEPT_SECONDS = 86_400

_RUNNING = "earned >= :now AND earned <= :latest"
_IDLE = "attribute_not_exists(earned) OR earned < :now OR earned > :astray"
_ALWAYS = "#ttl = :ttl, entity_type = :type, schema_version = :schema"


class DynamoQuotas:
    """``reaching.Quotas`` on the table. ``clock``: seconds since 1970; a second's difference between two processes is
    worth a second's tokens.
    """

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self._leases: dict[tuple[str, Channel, str], Lease] = {}
        self._earned: dict[tuple[str, Channel, str], int] = {}
        """Where each bucket stood when this process looked last: what is tried first."""

    def take(self, brand: str, channel: Channel, provider: str, per_second: float, tokens: int = 1) -> float:
        """Of the lease that this process has, or of a new one."""
        key, now = (brand, channel, provider), self._now()
        lease = self._leases.get(key)
        if lease is None or not lease.has(tokens, now):
            lease = self._leased(key, wanted(lease, tokens, per_second), per_second, now)
        self._leases[key] = lease.model_copy(update={"left": lease.left - tokens})
        return max(0, lease.begins - now) / SECOND

    def _leased(self, key: tuple[str, Channel, str], size: int, per_second: float, now: int) -> Lease:
        """A new lease: one write, or two where the bucket is not as it was when this process looked last."""
        length = size * space(per_second)
        idle = (_IDLE, ":now", {":now": now, ":length": length, ":astray": astray(now, length)})
        running = (_RUNNING, "earned", {":now": now, ":latest": now + AHEAD, ":length": length})
        tries = (running, idle) if self._earned.get(key, 0) >= now else (idle, running)
        for condition, start, values in tries:
            earned = self._moved(key, condition, start, values)
            if earned is not None:
                self._earned[key] = earned
                return Lease(begins=earned - length, size=size, left=size)
        self._earned[key] = now + AHEAD
        raise TransientError("the quota is used up", code=THROTTLED)

    def _moved(self, key: tuple[str, Channel, str], condition: str, start: str, values: dict[str, int]) -> int | None:
        """Where the bucket stands after the update; None where the condition does not hold."""
        new = item(keys.quota_pk(*key), keys.QUOTA, "quota", None)
        given: Item = {name: {"N": str(value)} for name, value in values.items()}
        given[":ttl"] = {"N": str(values[":now"] // SECOND + KEPT_SECONDS)}
        given |= {":type": new["entity_type"], ":schema": new["schema_version"]}
        try:
            with translated():
                answer = client("dynamodb").update_item(
                    TableName=self._table.name,
                    Key={name: new[name] for name in ("pk", "sk")},
                    UpdateExpression=f"SET earned = {start} + :length, {_ALWAYS}",
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#ttl": "ttl"},
                    ExpressionAttributeValues=given,
                    ReturnValues="UPDATED_NEW",
                )
        except ConflictError:
            return None
        return int(answer["Attributes"]["earned"]["N"])

    def _now(self) -> int:
        return int(self._clock() * SECOND)
