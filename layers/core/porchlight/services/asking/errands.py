"""What webhooks ask us to do: answering a handshake, fetching what a thin body points to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from porchlight.asking import Errand
from porchlight.connectors import Account, BodyKind, Call
from porchlight.errors import ConflictError, ForbiddenError, UnreadableBodyError
from porchlight.services.asking.office import Office
from porchlight.services.asking.speaker import Speaker
from porchlight.services.record_events import quarantine_body

MOST_ATTEMPTS = 8
_FIRST_REST, _LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)
_GONE = frozenset({404, 410})


def run_errand(office: Office, speaker: Speaker, errand: Errand) -> None:
    """Do it: what is fetched goes on the queue, then the errand is forgotten. LineShutError: it stays due."""
    try:
        steps = _steps(speaker.client, errand, speaker.account, "")
    except ForbiddenError as error:
        _give_up(office, errand, "forbidden", error.detail)
        return
    except UnreadableBodyError as error:
        _give_up(office, errand, "unreadable", error.detail)
        return
    fetched = []
    for index, (topic, _) in enumerate(steps):
        answer = speaker.send(partial(_step, speaker, errand, index))
        if answer is None or not (200 <= answer.status < 300 or answer.status in _GONE):
            put_off(office, errand, "the source would not do what its webhook asks for")
            return
        speaker.understood(answer)
        if errand.what is BodyKind.THIN and answer.body and answer.status not in _GONE:
            fetched.append((topic, answer.body))
    for topic, body in fetched:
        message = replace(
            errand.message(), topic=topic, received_at=office.pulse.now(), account=speaker.account.account
        )
        office.inbound.put(message, body)
    office.errands.remove(errand)
    office.metrics.count("Errands", carrier=errand.source, outcome="done" if steps else "nothing_to_do")


def put_off(office: Office, errand: Errand, why: str) -> None:
    """Try again later, longer each time; after many attempts the body goes to the quarantine with the reason."""
    attempts = errand.attempts + 1
    if attempts >= MOST_ATTEMPTS:
        _give_up(office, errand, "given_up", why)
        return
    due_at = office.pulse.now() + min(_FIRST_REST * 2 ** (attempts - 1), _LONGEST_REST)
    update = {"attempts": attempts, "due_at": due_at, "version": errand.version + 1}
    try:
        office.errands.update(errand.model_copy(update=update))
    except ConflictError:
        return  # another run was at it as well


def rest(office: Office, errand: Errand, until: datetime) -> None:
    """Wait for a line that is shut: no attempt, and meanwhile not in the way of errands that can be done."""
    try:
        office.errands.update(errand.model_copy(update={"due_at": until, "version": errand.version + 1}))
    except ConflictError:
        return


def _give_up(office: Office, errand: Errand, outcome: str, why: str) -> None:
    quarantine_body(office.quarantine, office.metrics, errand.message(), errand.raw, why, office.pulse.now())
    office.errands.remove(errand)
    office.metrics.count("Errands", carrier=errand.source, outcome=outcome)


def _steps(client: Any, errand: Errand, account: Account, token: str) -> Sequence[tuple[str, Call]]:
    """The calls that it takes, each with the topic of its answer (carriers have none)."""
    if errand.kind == "stores":
        found: Sequence[tuple[str, Call]] = client.errands(errand.raw, account, token)
        return found
    call = client.errand(errand.raw, account, token)
    return [("", call)] if call else []


def _step(speaker: Speaker, errand: Errand, index: int, token: str) -> Call:
    return _steps(speaker.client, errand, speaker.account, token)[index][1]
