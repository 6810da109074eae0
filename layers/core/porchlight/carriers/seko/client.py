"""SEKO's OmniParcel: a list of numbers a call."""

import json
from collections.abc import Sequence

from porchlight.carriers.asking import base
from porchlight.connectors import Account, Call

_BASE = "https://api.omniparcel.com"


class SekoClient:
    """The access key of an account."""

    credentials = ("access_key",)
    batch = 50
    calls_per_minute = 60

    def token(self, account: Account) -> None:
        """There is none."""

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all numbers."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "access_key": account.credentials["access_key"],
        }
        url = f"{base(account, _BASE)}/labels/statusv2"
        return [Call(url, "POST", headers, json.dumps(list(numbers)).encode(), tuple(numbers))]


CLIENT = SekoClient()
