"""Every error that Porchlight raises on purpose.

::

    PorchlightError(code, retryable)
    ├── InvalidInputError        400  the caller sent something that can never work
    │   └── UnreadableBodyError  400  a signed body that no parser understands (behind the queue: quarantined)
    ├── SignatureError           401  missing, forged or stale proof of who is calling
    ├── ForbiddenError           403  known caller, not allowed
    ├── NotFoundError            404  no such thing, or not this brand's
    ├── ConflictError            409  the thing is no longer in the state that the caller saw
    ├── PayloadTooLargeError     413  body over the limit
    ├── PermanentProviderError   502  a provider refused for good
    │   └── AddressRefusedError  502  the address is none, or takes nothing: no other provider can help
    └── TransientError           503  try again later (throttled, timed out, provider down)

Adapters translate botocore's ``ClientError`` into these once; ``runtime.http`` turns them into RFC 9457 problem
details; state machines name these classes in ``ErrorEquals`` (a test parses the ASL and checks the names). Never
match on text.
"""

from typing import ClassVar

NO_ANSWER = "no-answer"
"""Code of a TransientError after which nobody knows whether the provider has done it."""

THROTTLED = "throttled"
"""Code of a TransientError where a quota is used up: the provider is well, and was perhaps not even asked."""


class PorchlightError(Exception):
    """Base of all. ``code`` is a stable machine-readable word, ``detail`` is safe to show to the caller (no PII)."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, code: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.problem = code or self.code


class InvalidInputError(PorchlightError):
    """The request can never work as it stands."""

    status = 400
    code = "invalid-input"
    title = "The request is not valid"


class UnreadableBodyError(InvalidInputError):
    """A body that cannot be parsed by the connector of its source; quarantined with ``detail`` as the reason."""

    code = "unreadable-body"
    title = "The body could not be read"


class SignatureError(PorchlightError):
    """The proof of origin is missing, forged or stale. Nothing of the request is kept."""

    status = 401
    code = "invalid-signature"
    title = "The signature is missing or not valid"


class ForbiddenError(PorchlightError):
    """A known caller that may not do this."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class NotFoundError(PorchlightError):
    """There is no such thing, or it belongs to another brand: the answer is the same."""

    status = 404
    code = "not-found"
    title = "Not found"


class ConflictError(PorchlightError):
    """Somebody else changed the thing first, or it has moved on."""

    status = 409
    code = "conflict"
    title = "The state has changed"


class PayloadTooLargeError(PorchlightError):
    """The body is larger than the 1,000,000 bytes that are taken."""

    status = 413
    code = "too-large"
    title = "The body is too large"


class PermanentProviderError(PorchlightError):
    """An outside provider (email, refund, label) refused for good: retrying cannot help."""

    status = 502
    code = "provider-refused"
    title = "A provider refused the request"


class AddressRefusedError(PermanentProviderError):
    """The address is none, or takes nothing more: another provider of the channel cannot help, another channel can."""

    code = "address-refused"
    title = "The address takes no messages"


class TransientError(PorchlightError):
    """Trying again later can help; HTTP callers get 503 with Retry-After."""

    status = 503
    code = "try-again"
    title = "Temporarily unavailable, please try again"
    retryable = True
