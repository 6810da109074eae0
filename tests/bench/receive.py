"""``WHAT FILE TIMES``: the first TIMES events of FILE through a handler: ours, the twin's, or none (for comparing)."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
APPS = {"ours": HERE.parents[1] / "functions/receive_webhook/app.py", "twin": HERE / "twin/app.py"}
GOOD = (200, 202)


class Context:
    """What the runtime hands to a handler, as far as anybody looks."""

    function_name = "receive_webhook"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:receive_webhook"
    aws_request_id = "00000000-0000-4000-8000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 20_000


def handler_of(what: str) -> Any:
    if what == "none":
        return lambda event, context: {"statusCode": 202}
    spec = importlib.util.spec_from_file_location("app", APPS[what])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


what, file, times = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
events = file.read_text(encoding="utf-8").splitlines()
handler = handler_of(what)
for line in events[:times]:
    answer = handler(json.loads(line), Context())
    assert answer["statusCode"] in GOOD, answer
