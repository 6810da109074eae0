"""What AWS says to a message that is handed over, in our own errors: for all providers that are services of AWS."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from porchlight.adapters.aws import translated
from porchlight.errors import (
    NO_ANSWER,
    THROTTLED,
    AddressRefusedError,
    PermanentProviderError,
    PorchlightError,
    TransientError,
)

Response = Mapping[str, Any]
"""What AWS answered, as botocore has it: ``Error.Code``, and the fields that the service's error has."""

_THROTTLED = frozenset(
    "LimitExceededException RequestLimitExceeded RequestThrottled SlowDown ThrottledException ThrottledRequestException"
    " Throttled Throttling ThrottlingException TooManyRequestsException".split()
)
_NOT_ASKED = frozenset(
    "ConnectTimeoutError EndpointConnectionError NoCredentialsError PartialCredentialsError CredentialRetrievalError"
    " MetadataRetrievalError NoRegionError ServiceUnavailable ServiceUnavailableException 503".split()
)
"""After these the message was surely not taken; after all others that are transient nobody knows."""

_OURS = frozenset(
    "ExpiredToken ExpiredTokenException InvalidSignatureException RequestExpired RequestTimeTooSkewed"
    " SignatureDoesNotMatch UnrecognizedClientException".split()
)
"""Our clock or our credentials were off: nothing was taken, and the next try may be well."""


@contextmanager
def handing_over(is_address: Callable[[str, Response], bool] = lambda code, response: False) -> Iterator[None]:
    """Everything that botocore raises inside leaves as TransientError (with ``code=THROTTLED`` or ``NO_ANSWER``),
    PermanentProviderError, or AddressRefusedError where ``is_address`` says of the error's code and response that it is
    about the address. Their detail is AWS's error code alone. A yes that cannot be read, or has no id, is no answer.
    """
    try:
        with translated():
            yield
    except TransientError as error:
        if error.detail == "ParamValidationError":  # no request can be made of it
            raise PermanentProviderError(error.detail) from error
        if error.detail in _THROTTLED:
            raise TransientError(error.detail, code=THROTTLED) from error
        if error.detail not in _NOT_ASKED:
            raise TransientError(error.detail, code=NO_ANSWER) from error
        raise
    except PorchlightError as error:  # whatever else it objects to, asking again does not help
        if error.detail in _OURS:
            raise TransientError(error.detail) from error
        if is_address(error.detail, getattr(error.__cause__, "response", {})):
            raise AddressRefusedError(error.detail) from error
        raise PermanentProviderError(error.detail) from error
    except Exception as error:
        raise TransientError(type(error).__name__, code=NO_ANSWER) from None
