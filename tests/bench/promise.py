"""``MODEL TIMES``: so many questions through promise_delivery, each about another place, with a model of that file and
the brand pack on the path. Prints the milliseconds of CPU that the median question takes.
"""

import importlib.util
import json
import statistics
import sys
import time
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

from porchlight.domain.forecast.model import Model
from porchlight.runtime.bootstrap import app

APP = Path(__file__).parents[2] / "functions/promise_delivery/app.py"
STATES = "AZ CA CO FL GA IL MA MI MN NC NJ NM NY OH OR PA TX UT VA WA".split()
PREFIXES = [str(prefix) for prefix in range(100, 1000, 37)]


class Learned:
    """The brand's model, as a process has it after the first question."""

    def __init__(self, file: Path) -> None:
        self._model = Model.load(file.read_bytes())

    def current(self, brand: str) -> Model:
        del brand
        return self._model


class Calm:
    """No lane breaks down."""

    def active(self, brand: str, now: object) -> dict[str, object]:
        del brand, now
        return {}


def handler() -> Any:
    spec = importlib.util.spec_from_file_location("app", APP)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


def event(service: str, state: str, prefix: str) -> dict[str, Any]:
    query = {"brand": "larkspur", "destination": f"US-{state}", "postcode": prefix, "service": service}
    return {
        "version": "2.0",
        "routeKey": "GET /v1/delivery-promise",
        "rawPath": "/v1/delivery-promise",
        "headers": {"accept": "application/json"},
        "requestContext": {"http": {"method": "GET", "path": "/v1/delivery-promise", "sourceIp": "203.0.113.9"}},
        "queryStringParameters": query,
    }


file, times = Path(sys.argv[1]), int(sys.argv[2])
app.__dict__ |= {"date_models": Learned(file), "surges": Calm()}
answer, taken = handler(), []
for asked in islice(cycle(product(("ground", "express"), STATES, PREFIXES)), times):
    question = event(*asked)
    begun = time.process_time()
    found = answer(question, None)
    taken.append(time.process_time() - begun)
    assert found["statusCode"] == 200, found
    assert json.loads(found["body"])["model"].startswith("larkspur-")
print(f"{statistics.median(taken) * 1000:.2f}")
