"""A record that cannot be processed leaves the table's stream, and leaves a trace.

Stock: a DynamoDB stream mapping ignores ReportBatchItemFailures, BisectBatchOnFunctionError,
MaximumRetryAttempts and OnFailure: a poison record blocks the stream for ever, a partial failure is dropped.
AWS: the batch is retried from the first failure, halved, and after the last try described on the OnFailure
queue.
Why: the stream is our outbox; one unreadable change must not hold back all brands.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any

from local.cloud.emulator import module

_FOREVER_PER_PASS = 3  # a mapping without a limit tries this often in one pass and goes on in the next
_polling = threading.local()

Result = dict[str, Any]
Records = list[dict[str, Any]]


def apply() -> None:
    """Wrap the function call inside the stream poller."""
    functions = module("services.lambda_svc")
    stock_poll, stock_execute = functions._poll_dynamodb_streams, functions._execute_function

    def poll() -> Any:
        _polling.active = True
        try:
            return stock_poll()
        finally:
            _polling.active = False

    def execute(func: dict[str, Any], event: dict[str, Any]) -> Result:
        if not getattr(_polling, "active", False):
            return dict(stock_execute(func, event))
        _polling.active = False  # the call below comes through here once more
        try:
            records = event["Records"]
            mapping = _Mapping(functions, stock_execute, func, records[0]["eventSourceARN"])
            return mapping.process(records, tries=0) or {"body": None}
        finally:
            _polling.active = True

    functions._poll_dynamodb_streams, functions._execute_function = poll, execute


@dataclass
class _Mapping:
    """One event source mapping at work on one batch."""

    functions: Any
    execute: Any
    func: dict[str, Any]
    stream_arn: str

    def __post_init__(self) -> None:
        name = (self.func.get("config") or self.func).get("FunctionName")
        self.esm: dict[str, Any] = next(
            (
                esm
                for *_, esm in self.functions._iter_all_esms()
                if esm.get("EventSourceArn") == self.stream_arn and esm.get("FunctionName") == name
            ),
            {},
        )
        limit = self.esm.get("MaximumRetryAttempts")
        self.limit = -1 if limit is None else int(limit)
        self.bisects = str(self.esm.get("BisectBatchOnFunctionError")).lower() == "true"
        self.reports_items = "ReportBatchItemFailures" in (self.esm.get("FunctionResponseTypes") or [])

    def process(self, records: Records, tries: int) -> Result | None:
        """Work through the records; the error if the whole pass has to be repeated, else None."""
        while True:
            result = self.execute(self.func, {"Records": records})
            first = self._first_failure(result, records)
            if first is None:
                return None
            records = records[first:]
            if self.bisects and len(records) > 1:
                middle = len(records) // 2
                return self.process(records[:middle], tries) or self.process(records[middle:], tries)
            tries += 1
            if self.limit < 0 and tries > _FOREVER_PER_PASS:
                return result if result.get("error") else {"error": True, "body": {"errorType": "PartialFailure"}}
            if 0 <= self.limit < tries:
                self.functions._send_ddb_stream_failure_record(
                    self.esm, self.func, records, self.stream_arn, result, "RetryAttemptsExhausted"
                )
                return None
            time.sleep(min(0.05 * 2**tries, 1))

    def _first_failure(self, result: Result, records: Records) -> int | None:
        if result.get("error"):
            return 0
        body = result.get("body")
        if not self.reports_items or not isinstance(body, dict):
            return None
        failed = {item.get("itemIdentifier") for item in body.get("batchItemFailures") or []}
        if not failed:
            return None
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        # An identifier that is not in the batch makes AWS repeat the whole of it.
        return min((numbers.index(number) for number in failed if number in numbers), default=0)
