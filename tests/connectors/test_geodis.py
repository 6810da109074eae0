"""GEODIS: pairs of codes, times in two fields, the signature of a question."""

import hashlib
from typing import Any

from porchlight.carriers.geodis import CONNECTOR
from porchlight.carriers.geodis import statuses as geodis
from porchlight.connectors import Account
from tests.connectors.readings import agrees, kind, read


def _answer(code: str, **fields: Any) -> dict[str, Any]:
    entry = {
        "dateSuivi": "2026-01-14",
        "heureSuivi": "11:02:33",
        "codeSituationJustification": code,
        "libelleCentre": "Lille (FR)",
        **fields,
    }
    return {"ok": True, "contenu": {"noSuivi": "1GNB", "listSuivis": [entry]}}


def test_codes() -> None:
    for code, reading in geodis.CODES.items():
        assert agrees(read("geodis", _answer(code))[0].events[0], reading), code
    assert not read("geodis", _answer("RST/SOU"))[0].events[0].recognised


def test_times_and_places() -> None:
    event = read("geodis", _answer("LIV/CFM"))[0].events[0]
    assert event.occurred_at.isoformat() == "2026-01-14T11:02:33"
    assert (event.place.city, event.place.country) == ("Lille", "FR")
    assert read("geodis", _answer("LIV/CFM", libelleCentre="020037"))[0].events[0].place.city is None
    assert read("geodis", _answer("LIV/CFM", dateSuivi=None))[0].events == ()


def test_who_receives_it_is_not_taken() -> None:
    body = _answer("LIV/CFM")
    body["contenu"]["destinataire"] = {"nom": "Tryphon"}
    assert "Tryphon" not in read("geodis", body)[0].model_dump_json()


def test_answers_without_consignments() -> None:
    body = {"ok": False, "codeErreur": "E1", "texteErreur": "rien"}
    assert read("geodis", body) == []
    assert kind("geodis", body) == "no_result"


def test_the_signature_of_a_question() -> None:
    given = {"identifier": "who", "api_key": "key"}
    (call,) = CONNECTOR.client.ask(["1GNB"], Account(account="a", brand="larkspur", credentials=given), "")
    assert call.body == b'{"noSuivi":"1GNB"}'
    identifier, stamp, language, digest = call.headers["X-GEODIS-Service"].split(";")
    signed = f"key;who;{stamp};fr;api/zoomclient/recherche-envoi;" + call.body.decode()
    assert (identifier, language, len(stamp)) == ("who", "fr", 13)
    assert digest == hashlib.sha256(signed.encode()).hexdigest()
