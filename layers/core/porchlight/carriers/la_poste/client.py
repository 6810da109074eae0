"""Asking La Poste: ``GET /suivi/v2/idships/{numbers}``, up to ten numbers a call."""

from collections.abc import Sequence
from typing import Final

from porchlight.carriers.asking import base, quoted
from porchlight.connectors import Account, Call


class LaPosteClient:
    """The key is a header. ``language`` of the account: ``fr_FR`` (usual), ``en_GB`` and others."""

    credentials: Final = ("okapi_key",)
    batch: Final = 10
    calls_per_minute: Final = 60

    def token(self, account: Account) -> Call | None:
        """None: the calls carry the key."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all numbers."""
        root = base(account, "https://api.laposte.fr")
        ids = ",".join(quoted(number) for number in numbers)
        language = quoted(account.credentials.get("language") or "fr_FR")
        headers = {"Accept": "application/json", "X-Okapi-Key": account.credentials["okapi_key"]}
        return [Call(f"{root}/suivi/v2/idships/{ids}?lang={language}", headers=headers, numbers=tuple(numbers))]


CLIENT = LaPosteClient()
