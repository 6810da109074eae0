"""``FILE TIMES``: the JSON of a body alone, by the parser that ``bodies.load_json`` uses."""

import sys
from pathlib import Path

from porchlight.bodies import load_json

body = Path(sys.argv[1]).read_bytes()
for _ in range(int(sys.argv[2])):
    load_json(body)
