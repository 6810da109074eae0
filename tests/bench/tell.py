"""``plan|send FILE TIMES``: the first TIMES inputs of FILE through that function; prints what is to be sent then.
``email|sms LANGUAGE TIMES``: a message put into words that often, without anything around it.
"""

import importlib.util
import json
import sys
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FUNCTIONS = {"plan": "plan_messages", "send": "send_message"}
LINKS = dict.fromkeys(("tracking", "short", "unsubscribe", "preferences"), "https://track.example/t/abc")

what, given, times = sys.argv[1], sys.argv[2], int(sys.argv[3])


def handler_of(function: str) -> Any:
    spec = importlib.util.spec_from_file_location("app", ROOT / f"functions/{function}/app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


def handle(function: str, lines: list[str]) -> None:
    handler = handler_of(function)
    from porchlight.runtime.bootstrap import app

    for line in lines:
        asked = json.loads(line)
        moment = datetime.fromisoformat(asked.pop("now"))
        app.clock = lambda moment=moment: moment
        with redirect_stdout(StringIO()):  # logs and metrics: written, and not read here
            answer = handler(asked, None)
        if what == "plan":
            assert answer["messages"], "it is to be told"
            for one in answer["messages"]:
                print(json.dumps({**one, "now": (moment + timedelta(seconds=1)).isoformat()}))
        else:
            assert answer["state"] == "sent", answer


def put_into_words(language: str) -> None:
    sys.path.insert(0, str(ROOT))
    from porchlight.adapters.brandpack import BrandPack
    from porchlight.adapters.rendering import PackRenderer
    from porchlight.domain.milestones import Milestone
    from porchlight.domain.moments import Moment
    from porchlight.domain.orders import Shopper
    from porchlight.domain.views import email_view
    from tests.unit.stories import NOW, after, order, parcel, scan

    pack = BrandPack()
    brand, renderer = pack.get("larkspur"), PackRenderer(pack)
    shopper = Shopper(brand="larkspur", shopper_id="cus_1", name="Ada Moreno", email="ada@shopper.example")
    shipment, bought = after(parcel(), [scan(Milestone.OUT_FOR_DELIVERY, NOW)]), order()
    for _ in range(times):
        speech = renderer.speech(brand, language)
        told = (Moment.OUT_FOR_DELIVERY, brand, bought, shopper, shipment, None, NOW, LINKS, 1, None, speech)
        view = email_view(*told)
        if what == "email":
            renderer.email(brand, view["moment"], view)
        else:
            renderer.texts(brand, view)


if what in FUNCTIONS:
    handle(FUNCTIONS[what], Path(given).read_text(encoding="utf-8").splitlines()[:times])
else:
    put_into_words(given)
