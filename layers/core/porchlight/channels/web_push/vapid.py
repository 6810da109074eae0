"""Push to a browser: RFC 8030, encrypted for it alone (RFC 8291), signed by the brand (VAPID, RFC 8292).

The parts of ``pywebpush`` that make the request are used as they are (``http_ece``, ``py_vapid``); our own caller
makes the call: the address is a stranger's, and pywebpush would bring two HTTP libraries with it.

The secret ``channels/vapid``: ``{"default": {"private_key": "<base64url of 32 bytes, or of DER>", "subject":
"mailto:…"}}``, by brand where a brand has its own.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02, VapidException

from porchlight.channels.kit import Kit, credentials, seconds_left
from porchlight.connectors import Answer, Call
from porchlight.domain.channels import Purpose
from porchlight.errors import NO_ANSWER, THROTTLED, AddressRefusedError, PermanentProviderError, TransientError
from porchlight.reaching import Outgoing, PushContent

MOST_SECONDS = 2_419_200
SIGNED_FOR = 12 * 3600
"""Push services take at most a day."""
_GONE = frozenset({404, 410})


class WebPush:
    """``reaching.Provider``. Push services report nothing; a message that comes twice replaces itself (``Topic``)."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def send(self, message: Outgoing) -> str:
        """Hand it to the browser's push service; returns the topic that it has there."""
        if not isinstance(message.content, PushContent):
            raise PermanentProviderError("not a push message", code="wrong-content")
        topic = urlsafe_b64encode(sha256(message.message_id.encode()).digest()[:24]).decode()
        call = Call(
            method="POST",
            url=message.to,
            headers={
                **self._signed(message),
                "content-encoding": "aes128gcm",
                "content-type": "application/octet-stream",
                "ttl": str(seconds_left(message.expires_at, self._kit.clock(), 0, MOST_SECONDS)),
                "urgency": "normal" if message.purpose is Purpose.SERVICE else "low",
                "topic": topic,
            },
            body=encrypted(message.content, message.message_id, message.keys),
        )
        try:
            answer = self._kit.caller().make(call)
        except PermanentProviderError as error:
            if error.problem == "bad-address":
                raise AddressRefusedError("bad-address") from None
            raise
        _accepted(answer)
        return topic

    def _signed(self, message: Outgoing) -> dict[str, str]:
        account = credentials(
            lambda: self._kit.secrets.get("channels/vapid"), message.brand, ("private_key", "subject")
        )
        claims = {
            "sub": account["subject"],
            "aud": _origin(message.to),
            "exp": int(self._kit.clock().timestamp()) + SIGNED_FOR,
        }
        try:
            signed: dict[str, str] = Vapid02.from_string(account["private_key"]).sign(claims)
        except (VapidException, ValueError) as error:
            raise PermanentProviderError("the secret channels/vapid lacks something", code="not-set-up") from error
        return {name.lower(): value for name, value in signed.items()}


def _origin(url: str) -> str:
    """Of the push service. AddressRefusedError where the address has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise AddressRefusedError("bad-address") from None
    if not (parts.scheme and parts.netloc):
        raise AddressRefusedError("bad-address")
    return f"{parts.scheme}://{parts.netloc}"


def encrypted(content: PushContent, message_id: str, keys: dict[str, str]) -> bytes:
    """For the brand's service worker: ``{title, body, url, tag}``. AddressRefusedError for keys that are none."""
    shown = {"title": content.title, "body": content.body, "url": content.url, "tag": message_id}
    try:
        made: bytes = http_ece.encrypt(
            json.dumps(shown).encode(),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=_decoded(keys.get("p256dh", "")),
            auth_secret=_decoded(keys.get("auth", "")),
            version="aes128gcm",
        )
    except (ValueError, Error, http_ece.ECEException) as error:
        raise AddressRefusedError("bad-keys") from error
    return made


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))


def _accepted(answer: Answer) -> None:
    if answer.status in _GONE:
        raise AddressRefusedError(f"the push service answered {answer.status}")
    if answer.status == 429:
        raise TransientError("the push service answered 429", code=THROTTLED)
    if answer.status == 503:
        raise TransientError("the push service answered 503")
    if answer.status >= 500:
        raise TransientError(f"the push service answered {answer.status}", code=NO_ANSWER)
    if answer.status >= 300:
        raise PermanentProviderError(f"the push service answered {answer.status}")


PROVIDER = WebPush
