"""``SOURCE FILE TIMES``: our connector reads a body that often. 0 times: prints what it reads, for comparing."""

import json
import sys
from pathlib import Path

from porchlight.carriers.registry import carrier

source, file, times = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
body = file.read_bytes()
connector = carrier(source)
assert connector is not None
for _ in range(times):
    connector.parse(body)
if not times:
    found = [
        {
            "number": report.tracking_number,
            "events": [[f"{event.occurred_at:%Y-%m-%d %H:%M}", event.description] for event in report.events],
        }
        for report in connector.parse(body)
    ]
    print(json.dumps(found))
