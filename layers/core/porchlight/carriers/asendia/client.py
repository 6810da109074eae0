"""Asendia Sync: a login of its own, one number a call."""

import json
from collections.abc import Sequence
from typing import Final

from porchlight.carriers.asking import base, quoted
from porchlight.connectors import Account, Answer, Call

_BASE = "https://www.asendia-sync.com"
_TOKEN_SECONDS: Final = 23 * 3600
"""The token is said to live a day; the answer does not say."""


class AsendiaClient:
    """A user of Asendia Sync and the customer that it asks for."""

    credentials = ("username", "password", "customer_id")
    batch = 1
    calls_per_minute = 60

    def token(self, account: Account) -> Call:
        """The login, whose answer ``granted`` reads."""
        login = {name: account.credentials[name] for name in ("username", "password")}
        url = f"{base(account, _BASE)}/api/authenticate"
        return Call(url, "POST", {"Content-Type": "application/json"}, json.dumps(login).encode())

    def granted(self, answer: Answer) -> tuple[str, int] | None:
        """The token in the answer to a login and the seconds that it lives; None where the login was refused."""
        from porchlight.bodies import clean, load_json, optional_object
        from porchlight.errors import UnreadableBodyError

        try:
            token = clean(optional_object(load_json(answer.body)).get("id_token"), 5000)
        except UnreadableBodyError:
            return None
        return (token, _TOKEN_SECONDS) if token else None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for each number."""
        customer = quoted(account.credentials["customer_id"])
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        url = f"{base(account, _BASE)}/api/customers/{customer}/tracking"
        return [Call(f"{url}/{quoted(number)}", headers=headers, numbers=(number,)) for number in numbers]

    public_credentials = ("customer_id",)
    """Not a secret: it stands in the address."""


CLIENT = AsendiaClient()
