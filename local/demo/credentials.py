"""The demo's secrets: made anew for each run, known to the local cloud and to the pretended carriers and stores
alone.
"""

import hashlib
import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

STAGE = "local"
BRANDS = ("larkspur", "fjordhus")


def _key() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Credentials:
    """Everything that the senders sign with; each by brand."""

    carrier_desk: str = ""
    """Where the carriers that must be asked are pretended."""
    easypost: dict[str, str] = field(default_factory=lambda: {brand: "s\u00e9same-" + _key() for brand in BRANDS})
    usps: str = field(default_factory=_key)
    ups_client: tuple[str, str] = field(default_factory=lambda: ("ups-push", _key()))
    ups_credential: str = field(default_factory=_key)
    ups_token_key: str = field(default_factory=_key)
    shopify: str = field(default_factory=_key)
    api_keys: dict[str, str] = field(default_factory=lambda: {brand: "plk_" + _key() for brand in BRANDS})
    dhl_hook: str = field(default_factory=_key)
    asked: str = field(default_factory=_key)
    in_address: str = field(default_factory=_key)
    millrace: str = field(default_factory=_key)
    vapid: str = field(default_factory=lambda: urlsafe_b64encode(b"\x01" + secrets.token_bytes(31)).decode())
    refunds: dict[str, str] = field(
        default_factory=lambda: {brand: "whsec_" + b64encode(secrets.token_bytes(32)).decode() for brand in BRANDS}
    )

    webhooks: dict[str, str] = field(
        default_factory=lambda: {brand: "whsec_" + b64encode(secrets.token_bytes(32)).decode() for brand in BRANDS}
    )
    brand_desk: str = ""
    """Where the brands' own systems are pretended."""

    def secrets(self) -> dict[str, dict[str, Any]]:
        """The secrets as docs/deploying.md has a brand engineer make them, by name below ``porchlight/{stage}/``."""
        scopes = [
            "orders:write",
            "returns:write",
            "returns:decide",
            "returns:receive",
            "returns:read",
            "cases:read",
            "cases:decide",
            "dates:read",
            "messages:read",
            "shoppers:read",
            "shoppers:write",
            "shoppers:erase",
            "consents:write",
            "webhooks:read",
            "webhooks:write",
        ]
        client_id, client_secret = self.ups_client
        ups = {
            "client_id": client_id,
            "client_secret": client_secret,
            "token_key": self.ups_token_key,
            "credential": self.ups_credential,
        }
        return {
            "carriers/easypost": _accounts({brand: {"webhook_secret": key} for brand, key in self.easypost.items()}),
            "carriers/usps": _accounts({"larkspur": {"secret": self.usps}}),
            "carriers/ups": _accounts({"larkspur": ups}),
            "carriers/fedex": _accounts(
                {"fjordhus": {"client_id": "fjordhus", "client_secret": self.asked, **self._at("fedex")}}
            ),
            "carriers/dhl_unified": _accounts(
                {
                    "fjordhus": {
                        **{"api_key": self.asked, "service": "express", "hook_token": self.dhl_hook},
                        **{"calls_per_minute": "120", **self._at("dhl_unified")},
                    }
                }
            ),
            "carriers/canada_post": _accounts(
                {
                    "larkspur": {
                        **{"username": "larkspur", "password": self.asked, "path_token": self.in_address},
                        **self._at("canada_post"),
                    }
                }
            ),
            "carriers/millrace_couriers": _accounts({"larkspur": {"secret": self.millrace}}),
            "stores/shopify": _accounts({"larkspur": {"client_secret": self.shopify}}),
            "api-keys": {
                "keys": [
                    {
                        "id": f"{brand}-shop",
                        "brand": brand,
                        "sha256": hashlib.sha256(key.encode()).hexdigest(),
                        "scopes": scopes,
                    }
                    for brand, key in self.api_keys.items()
                ]
            },
            "channels/vapid": {"default": {"private_key": self.vapid, "subject": "mailto:web@larkspur.example"}},
            **{f"refunds/{brand}": {"secret": key} for brand, key in self.refunds.items()},
            **{
                f"webhooks/{brand}": {"oms": key, "urls": {"oms": f"{self.brand_desk}/{brand}/events"}}
                for brand, key in self.webhooks.items()
            },
            **{
                f"channels/ops/{brand}": {desk: f"{self.brand_desk}/{brand}/{desk}" for desk in ("slack", "teams")}
                for brand in BRANDS
            },
        }

    def _at(self, carrier: str) -> dict[str, str]:
        return {"base_url": f"{self.carrier_desk}/{carrier}"}

    def store(self, secrets_manager: Any) -> None:
        """Put them into the local cloud's Secrets Manager."""
        for name, value in self.secrets().items():
            full, text = f"porchlight/{STAGE}/{name}", json.dumps(value)
            try:
                secrets_manager.create_secret(Name=full, SecretString=text)
            except secrets_manager.exceptions.ResourceExistsException:
                secrets_manager.put_secret_value(SecretId=full, SecretString=text)


def _accounts(of_brand: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "accounts": [
            {"account": f"{brand}-main", "brand": brand, "credentials": values} for brand, values in of_brand.items()
        ]
    }
