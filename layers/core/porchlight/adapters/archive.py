"""The archive of raw bodies: through Firehose into the bucket, in partitions of an hour.

Each record is a gzip member of JSON lines. Firehose joins records as they are, and members that follow each other are a
gzip file: what lies in the bucket is one whatever Firehose's buffer was.
"""

import gzip
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from porchlight.adapters.aws import client, translated
from porchlight.errors import PorchlightError, TransientError
from porchlight.ports import ArchivedBody

PREFIX = "raw/"
MAX_RECORD = 1_000_000
"""Bytes of one record as Firehose takes it (1,000 KiB), with a little room."""
LATE = timedelta(hours=30)
"""Firehose files by its own clock, after its buffer, and after a queue that may have stood still for a day."""


class FirehoseArchive:
    """``ports.Archive``."""

    def __init__(self, stream: str, bucket: str) -> None:
        self._stream = stream
        self._bucket = bucket

    def put(self, bodies: Sequence[ArchivedBody]) -> None:
        """One call for all; a record that is too large even when it is compressed goes to the bucket by itself."""
        records = []
        for body in bodies:
            record = gzip.compress(
                body.model_dump_json(exclude_defaults=True).encode() + b"\n", compresslevel=5, mtime=0
            )
            if len(record) <= MAX_RECORD:
                records.append({"Data": record})
            else:
                self._put_object(body, record)
        if not records:
            return
        with translated():
            answer = client("firehose").put_record_batch(DeliveryStreamName=self._stream, Records=records)
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
                for line in gzip.decompress(data).splitlines():
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


def _partition(moment: datetime) -> str:
    """``raw/dt=2026-03-06/hour=19/``, as the template tells Firehose."""
    return f"{PREFIX}{moment.astimezone(UTC):dt=%Y-%m-%d/hour=%H/}"
