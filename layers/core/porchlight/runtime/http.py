"""HTTP for functions behind the API (payload format 2.0): requests in, responses and RFC 9457 problem details out."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from porchlight.connectors import InboundRequest
from porchlight.errors import InvalidInputError, PorchlightError, SignatureError, TransientError

if TYPE_CHECKING:
    from porchlight.services.pages import Answered, Page
    from porchlight.services.promise_delivery import Offer

Response = dict[str, Any]
Handler = Callable[[InboundRequest, Mapping[str, str]], Response]

_SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def wished(request: InboundRequest) -> list[str]:
    """The languages that the browser asks for, the most wanted first."""
    from porchlight.domain.languages import accepted  # not for every function: machines read no pages

    return accepted(request.headers.get("accept-language"))


def request_of(event: Mapping[str, Any]) -> InboundRequest:
    """The request in a gateway event, its body as the bytes that were sent."""
    text = event.get("body") or ""
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (binascii.Error, ValueError) as error:
        raise InvalidInputError("the body is not base64") from error
    return InboundRequest(
        method=event["requestContext"]["http"]["method"],
        path=event.get("rawPath", ""),
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        query=event.get("queryStringParameters") or {},
        body=body,
        token=(event.get("pathParameters") or {}).get("token", ""),
        source_ip=event["requestContext"]["http"].get("sourceIp", ""),
    )


def json_response(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; ``body`` is plain data."""
    return {
        "statusCode": status,
        "headers": {**_SECURITY, "content-type": "application/json", **(headers or {})},
        "body": json.dumps(body),
    }


def html_response(page: "Page") -> Response:
    """A page under its content security policy, which allows no script at all."""
    headers = {
        **_SECURITY,
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": page.policy,
        "x-frame-options": "DENY",
        "x-robots-tag": "noindex, nofollow",
        "strict-transport-security": "max-age=31536000",
    }
    return {"statusCode": page.status, "headers": headers, "body": page.html}


def see_other(location: str) -> Response:
    """Where the answer to a form that was sent is to be seen: reloading it sends nothing twice."""
    return {"statusCode": 303, "headers": {**_SECURITY, "location": location}, "body": ""}


def form_fields(request: InboundRequest) -> dict[str, str]:
    """The fields of a form that was sent, each once; InvalidInputError for more than any form of ours has."""
    try:
        found = parse_qs(request.body.decode(errors="replace"), max_num_fields=1_000)
    except ValueError:
        raise InvalidInputError("the form has too many fields") from None
    return {name: values[0] for name, values in found.items()}


def answered_response(answered: "Answered") -> Response:
    """What a page with several steps answers."""
    if answered.file:
        return file_response(*answered.file)
    return html_response(answered.page) if answered.page else see_other(answered.location)


def file_response(body: bytes, kind: str, name: str) -> Response:
    """A file to look at or keep: ``kind`` is its content type."""
    headers = {**_SECURITY, "content-type": kind, "content-disposition": f'inline; filename="{name}"'}
    return {"statusCode": 200, "headers": headers, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def cached_response(request: InboundRequest, kind: str, offer: "Offer") -> Response:
    """An answer that anybody may keep for a while; 304 for a caller that has this very one. ``kind``: content type."""
    kept = {**_SECURITY, "content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
    if offer.status == 200:
        kept |= {"cache-control": f"public, max-age={offer.seconds}", "etag": offer.tag}
        known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
        if known & {offer.tag, "*"}:
            return {"statusCode": 304, "headers": kept, "body": ""}
    return {"statusCode": offer.status, "headers": {**kept, "content-type": kind}, "body": offer.text}


def problem(error: PorchlightError, path: str = "") -> Response:
    """RFC 9457: ``type`` is stable, ``detail`` is safe to show."""
    body = {
        "type": f"https://porchlight.dev/problems/{error.problem}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    if path:
        body["instance"] = path
    response = json_response(error.status, body)
    response["headers"]["content-type"] = "application/problem+json"
    if isinstance(error, TransientError):
        response["headers"]["retry-after"] = "30"
    if isinstance(error, SignatureError):
        response["headers"]["www-authenticate"] = "Signature"
    return response
