"""Envelopes of SOAP, for the carriers that still speak it."""

from html import escape

_NAMESPACES = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}


def in_xml(text: str) -> str:
    """A text between two tags; characters that XML cannot hold are left out."""
    return escape("".join(char for char in text if char.isprintable()), quote=False)


def envelope(body: str, header: str = "", version: str = "1.1") -> bytes:
    """The request; ``body`` and ``header`` are XML that declares its own namespaces."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    text = f'<s:Envelope xmlns:s="{_NAMESPACES[version]}">{head}<s:Body>{body}</s:Body></s:Envelope>'
    return f'<?xml version="1.0" encoding="utf-8"?>{text}'.encode("utf-8", "replace")
