"""The archive of raw bodies: through Firehose into the bucket, in partitions of an hour.

Each record is a gzip member of JSON lines. Firehose joins records as they are, and members that follow each other are a
gzip file: what lies in the bucket is one whatever Firehose's buffer was.
"""

import gzip
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO

from porchlight.adapters.aws import client, translated
from porchlight.errors import PorchlightError, TransientError
from porchlight.ports import ArchivedBody

PREFIX = "raw/"
MAX_RECORD = 1_000_000
"""Bytes of one record as Firehose takes it (1,000 KiB), with a little room."""
MAX_CALL, MAX_RECORDS = 4_000_000, 500
"""Bytes and records of one call as Firehose takes it (4 MiB), with a little room."""
LATE = timedelta(hours=30)
"""Firehose files by its own clock: after the queue, after its buffer, and after a day for which it tries again."""
WAITED = timedelta(hours=5)
"""What is older has waited (a dead letter that was redriven), and would be filed where nobody looks for it."""


class FirehoseArchive:
    """``ports.Archive``."""

    def __init__(self, stream: str, bucket: str, clock: Callable[[], datetime]) -> None:
        self._stream = stream
        self._bucket = bucket
        self._clock = clock

    def put(self, bodies: Sequence[ArchivedBody]) -> None:
        """As few calls as Firehose allows. A record that is too large even when it is compressed, or that waited for
        hours, goes to the bucket by itself.
        """
        now = self._clock()
        records: list[bytes] = []
        for body in bodies:
            line = body.model_dump_json(exclude_defaults=True).encode() + b"\n"
            record = gzip.compress(line, compresslevel=5, mtime=0)
            if len(record) <= MAX_RECORD and now - body.message.received_at < WAITED:
                records.append(record)
            else:
                self._put_object(body, record)
        for call in _calls(records):
            with translated():
                answer = client("firehose").put_record_batch(
                    DeliveryStreamName=self._stream, Records=[{"Data": record} for record in call]
                )
            if answer["FailedPutCount"]:
                raise TransientError("the archive refused some bodies")

    def _put_object(self, body: ArchivedBody, record: bytes) -> None:
        key = f"{_partition(body.message.received_at)}{body.body_id}.jsonl.gz"
        try:
            with translated():
                client("s3").put_object(Bucket=self._bucket, Key=key, Body=record)
        except PorchlightError as error:
            raise TransientError(error.detail) from error

    def read(self, since: datetime, until: datetime) -> Iterator[ArchivedBody]:
        """Partition by partition; each body once, however often it was put."""
        seen: set[str] = set()
        hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while hour < until + LATE:
            for key in self._keys(_partition(hour)):
                with translated():
                    data = client("s3").get_object(Bucket=self._bucket, Key=key)["Body"].read()
                with gzip.open(BytesIO(data)) as lines:
                    for line in lines:
                        body = ArchivedBody.model_validate_json(line)
                        if since <= body.message.received_at < until and body.body_id not in seen:
                            seen.add(body.body_id)
                            yield body
            hour += timedelta(hours=1)

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with translated():
            for page in pages:
                for found in page.get("Contents", []):
                    yield found["Key"]


def _calls(records: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Records in calls that are small enough."""
    call: list[bytes] = []
    size = 0
    for record in records:
        if call and (size + len(record) > MAX_CALL or len(call) == MAX_RECORDS):
            yield call
            call, size = [], 0
        call.append(record)
        size += len(record)
    if call:
        yield call


def _partition(moment: datetime) -> str:
    """``raw/dt=2026-03-06/hour=19/``, as the template tells Firehose."""
    return f"{PREFIX}{moment.astimezone(UTC):dt=%Y-%m-%d/hour=%H/}"
