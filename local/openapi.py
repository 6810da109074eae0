"""Writes docs/openapi.json from the code: ``.venv/bin/python -m local.openapi``. A test says when that is needed."""

import json
from pathlib import Path

from porchlight.services.openapi import document

FILE = Path(__file__).parents[1] / "docs/openapi.json"


def main() -> None:
    """The description as it is now."""
    FILE.write_text(json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
