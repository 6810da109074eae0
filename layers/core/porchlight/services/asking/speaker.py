"""One account's conversation with a source during one run: its pace, its token, and the breaker of its line."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from porchlight.connectors import Account, Answer, Call
from porchlight.domain.exchange import Line, bad, forbidden, good, is_open, refused, throttled, took_call
from porchlight.errors import PermanentProviderError, TransientError
from porchlight.services.asking.office import Office

_LONGEST_TOKEN = timedelta(hours=24)
_TOKEN_MARGIN = timedelta(seconds=60)
_UNSAID = timedelta(minutes=5)
"""How long a token is kept whose end the source did not name."""
_TRY_LATER = frozenset({408, 425})


class LineShutError(Exception):
    """Nothing more can be said on this line in this run. What was to be said stays due."""


class Speaker:
    """Makes the calls of one account, one after the other."""

    def __init__(self, office: Office, source: str, account: Account, client: Any, line: Line, until: datetime) -> None:
        self.account = account
        self.client = client
        self.line = line
        self.sampled = False
        """An unreadable answer was kept as a sample in this run."""
        self._office = office
        self._source = source
        self._until = until
        self._answered = False
        self._token_key = (source, account.brand, account.account, digest_of(account))

    @property
    def is_open(self) -> bool:
        """True while the line may be used."""
        return is_open(self.line, self._office.pulse.now())

    def send(self, build: Callable[[str], Call]) -> Answer | None:
        """The answer to the call that ``build`` makes with a token; None where there was none, or the source's error.

        A refused token is dropped and the call made once more with a new one. LineShutError where the credentials are
        refused, the source has had enough of us, or the time of this run is over. Whoever can use the answer says so
        (``understood``), whoever cannot says that (``failed``).
        """
        answer: Answer | None = None
        for _ in range(2):
            token = self._token()
            if token is None:
                return None
            self._keep_pace()
            answer = self._made(build(token))
            if answer is None or not token or not self._is_refusal(answer):
                break
            self._office.tokens.drop(self._token_key)
        return self._heard(answer) if answer else None

    def understood(self, answer: Answer) -> None:
        """Note an answer that could be used, whatever it says of the number; "forbidden" shows no good account."""
        if answer.status == 403:
            return
        self._answered = True
        self.line = good(self.line)

    def failed(self, outcome: str) -> None:
        """Note an answer that could not be used."""
        self.line = bad(self.line, self._office.pulse.now(), self._office.pulse.chance())
        self._office.metrics.count("AskFailed", carrier=self._source, outcome=outcome)
        if not self.is_open:
            self._office.metrics.count("BreakerOpen", carrier=self._source)

    def _heard(self, answer: Answer) -> Answer | None:
        """What an answer means for the line; the answer, where it is one about what was asked."""
        now = self._office.pulse.now()
        if self._is_refusal(answer):
            if answer.status == 401 or self.line.forbidden:
                raise self._refused("credentials")
            self.line = forbidden(self.line)
        if answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers):
            self.line = throttled(self.line, now, _retry_after(answer, now), self._office.pulse.chance())
            self._office.metrics.count("AskFailed", carrier=self._source, outcome="throttled")
            raise LineShutError
        if answer.status >= 500 or answer.status in _TRY_LATER:
            self.failed("server_error")
            return None
        return answer

    def _is_refusal(self, answer: Answer) -> bool:
        """True if the account may be refused. "Forbidden", after good answers, is about the one number; before, the
        second in a row decides.
        """
        return answer.status == 401 or (answer.status == 403 and not self._answered)

    def _refused(self, why: str) -> LineShutError:
        self.line = refused(self.line, self._office.pulse.now())
        self._office.metrics.count("AskRefused", carrier=self._source, why=why)
        return LineShutError()

    def _made(self, call: Call) -> Answer | None:
        try:
            return self._office.caller.make(call)
        except TransientError:
            self.failed("no_answer")
        except PermanentProviderError as error:
            if error.problem == "bad-address":
                raise self._refused("address") from None
            self.failed("unusable")
        return None

    def _keep_pace(self) -> None:
        """Wait for the account's turn; what cannot be said within this run waits for the next."""
        pulse = self._office.pulse
        now = pulse.now()
        at = self._keep_within(self.line.next_call_at)
        if at > now:
            pulse.pause((at - now).total_seconds())
        self.line = took_call(self.line, max(at, pulse.now()), _calls_per_minute(self.account, self.client))

    def _keep_within(self, at: datetime | None = None) -> datetime:
        """When a call may begin; LineShutError where that is not within this run."""
        now = self._office.pulse.now()
        at = max(now, at or now)
        if at >= self._until or not self.is_open:
            raise LineShutError
        return at

    def _token(self) -> str | None:
        """The account's token, "" where the API needs none, None where the source could not give one just now."""
        call = self.client.token(self.account)
        if call is None:
            return ""
        tokens, now = self._office.tokens, self._office.pulse.now()
        if known := tokens.get(self._token_key, now):
            return known
        self._keep_within()
        answer = self._made(call)  # at no pace: other limits hold where tokens are granted
        if answer is None:
            return None
        if answer.status in (400, 401, 403):
            raise self._refused("credentials")
        granted = self._heard(answer) and _granted(self.client, answer)
        if not granted:
            if answer.status < 500:
                self.failed("no_token")
            return None
        token, lives = granted
        tokens.put(self._token_key, token, now + max(min(lives, _LONGEST_TOKEN) - _TOKEN_MARGIN, lives / 2))
        return token


def digest_of(account: Account) -> str:
    """What changes with any of the account's credentials, and tells nothing of them."""
    return hashlib.sha256(json.dumps(dict(account.credentials), sort_keys=True).encode()).hexdigest()[:20]


def _granted(client: Any, answer: Answer) -> tuple[str, timedelta] | None:
    """The token in an answer, and how long it lives."""
    try:
        if own := getattr(client, "granted", None):
            found = own(answer)
            return (found[0], timedelta(seconds=found[1])) if found else None
        said = json.loads(answer.body)
        token, seconds = said["access_token"], said.get("expires_in")
        lives = timedelta(seconds=min(float(seconds), 1e7)) if seconds else _UNSAID
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    return (token, lives) if isinstance(token, str) and token and lives > timedelta() else None


def _calls_per_minute(account: Account, client: Any) -> float:
    """The account's own figure (``0.2``: one in five minutes), or the client's."""
    try:
        own = float(account.credentials.get("calls_per_minute", ""))
    except ValueError:
        own = 0.0
    return own if isfinite(own) and own > 0 else float(client.calls_per_minute)


def _retry_after(answer: Answer, now: datetime) -> timedelta | None:
    """Seconds, or an HTTP date; None where it says neither."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 9:
        return timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
