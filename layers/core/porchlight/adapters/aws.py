"""AWS clients, made when first needed, and the one translation of their errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from porchlight.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermanentProviderError,
    PorchlightError,
    TransientError,
)

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from botocore.session import Session

_CONFLICT = {
    "ConditionalCheckFailedException",
    "TransactionConflictException",
    "ExecutionAlreadyExists",
}
_NOT_FOUND = {
    "ResourceNotFoundException",
    "NoSuchKey",
    "404",  # a HEAD has no body that could say more
    "NotFoundException",
    "TaskTimedOut",
    "TaskDoesNotExist",
    "InvalidToken",
}
_INVALID = {"ValidationException", "InvalidParameterValue", "ParamValidationError", "BadRequestException"}
_REFUSED = {
    "MessageRejected",
    "MailFromDomainNotVerifiedException",
    "AccountSuspendedException",
    "SendingPausedException",
}
_LATER = {
    "InternalServerError",
    "InternalFailure",
    "InternalServiceErrorException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "KmsThrottledException",
    "OverLimit",
}


_MAKING = Lock()


def client(service: str, attempts: int = 3) -> Any:
    """A client with short timeouts and explicit retries: a function has seconds, not botocore's default minute.

    Threads share it: the first makes it, which is slow, and the others wait for it.
    """
    with _MAKING:
        return _client(service, attempts)


@cache
def _client(service: str, attempts: int) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=8,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
    )
    return _session().create_client(service, config=config)


@cache
def _session() -> "Session":
    """botocore's own: what boto3 adds to it (resources, transfers) is used nowhere, and costs a cold start."""
    from botocore.session import get_session

    return get_session()


def forget() -> None:
    """Make clients anew, from the environment as it is now: for commands that turn from one stack to another."""
    _client.cache_clear()
    _session.cache_clear()


def translate(error: "ClientError") -> PorchlightError:
    """The Porchlight error that a ClientError stands for; it carries the code only, never the provider's text."""
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    if code == "TransactionCanceledException":
        return _cancelled(error)
    if code in _CONFLICT:
        return ConflictError(code)
    if code in _NOT_FOUND:
        return NotFoundError(code)
    if code in _LATER or status >= 500 or status == 429:
        return TransientError(code)
    if code in _REFUSED:
        return PermanentProviderError(code)
    if code in _INVALID:
        return InvalidInputError(code)
    return PermanentProviderError(code)


def _cancelled(error: "ClientError") -> PorchlightError:
    """A transaction is cancelled for the reason of one of its writes; the most hopeless one counts."""
    reasons = {str(reason.get("Code", "None")) for reason in error.response.get("CancellationReasons", [])} - {"None"}
    if "ValidationError" in reasons or "ItemCollectionSizeLimitExceeded" in reasons:
        return InvalidInputError("TransactionCanceledException")
    if reasons & {"ThrottlingError", "ProvisionedThroughputExceeded"}:
        return TransientError("TransactionCanceledException")
    return ConflictError("TransactionCanceledException")


@contextmanager
def translated() -> Iterator[None]:
    """Everything that botocore raises inside leaves as a PorchlightError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise translate(error) from error
    except BotoCoreError as error:  # connection refused, timed out, no credentials: nothing was answered
        raise TransientError(type(error).__name__) from error
