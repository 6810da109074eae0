"""DHL and Hermes sign nothing: a token in the address. DHL Unified also repeats a token of ours in a header of ours."""

from datetime import datetime

from tests.connectors.scheme import Scheme, Signed, by_token

SOURCES = "dhl_ecommerce_us dhl_express dhl_parcel_de dhl_poland dhl_unified hermes_de".split()


def _repeated(body: bytes, credentials: dict[str, str], now: datetime) -> Signed:
    return body, {"Content-Type": "application/json", "X-Porchlight-Hook": credentials["hook_token"]}


SCHEMES = (
    Scheme(
        "dhl_unified-hook",
        "dhl_unified",
        "x-porchlight-hook",
        {"hook_token": "0123456789abcdef-dhl"},
        _repeated,
        signs_body=False,
    ),
    *(by_token(source) for source in SOURCES),
)
