"""`AWS::Serverless::HttpApi` has routes.

Stock: the OpenAPI document that SAM puts into the API's `Body` is ignored; the API answers 404 to everything.
AWS: each path becomes a route with its integration and its authorizer, `CorsConfiguration` applies.
Why: our API is one HTTP API; its routes come from the functions' `HttpApi` events.
"""

import json
from collections.abc import Iterator
from typing import Any

from local.cloud.emulator import module

_ANY = "x-amazon-apigateway-any-method"


def apply() -> None:
    """Import the body when the API is created, and again whenever it is updated."""
    apis = module("services.apigateway")
    handler = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    stock_create, stock_update = handler["create"], handler["update"]

    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        result = stock_create(logical_id, _properties(properties), stack)
        _import(apis, result[0], properties.get("Body"))
        return result

    def update(api_id: str, old: dict[str, Any], new: dict[str, Any], stack: str, logical_id: str) -> Any:
        result = stock_update(api_id, _properties(old), _properties(new), stack, logical_id=logical_id)
        for store in (apis._routes, apis._integrations, apis._authorizers):
            store[result[0]] = {}
        _import(apis, result[0], new.get("Body"))
        return result

    handler["create"], handler["update"] = create, update


def _properties(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties with what AWS reads from the body: the API's name and its CORS configuration."""
    body = properties.get("Body")
    document = body if isinstance(body, dict) else {}
    result = dict(properties)
    cors = properties.get("CorsConfiguration")
    if cors:
        result["CorsConfiguration"] = {key[0].lower() + key[1:]: value for key, value in cors.items()}
    elif document.get("x-amazon-apigateway-cors"):
        result["CorsConfiguration"] = document["x-amazon-apigateway-cors"]
    result.setdefault("Name", document.get("info", {}).get("title"))
    return result


def _import(apis: Any, api_id: str, body: Any) -> None:
    if not isinstance(body, dict):
        return
    authorizers = dict(_authorizers(apis, api_id, body))
    for path, item in (body.get("paths") or {}).items():
        for method, operation in item.items():
            integration = operation.get("x-amazon-apigateway-integration") if isinstance(operation, dict) else None
            if not integration:
                continue
            route: dict[str, Any] = {
                "routeKey": _route_key(method, path),
                "target": f"integrations/{_create_integration(apis, api_id, integration)}",
            }
            for requirement in operation.get("security", body.get("security") or []):
                for name, scopes in requirement.items():
                    if name in authorizers:
                        kind, authorizer_id = authorizers[name]
                        route |= {"authorizationType": kind, "authorizerId": authorizer_id}
                        route["authorizationScopes"] = scopes or []
            apis._create_route(api_id, route)


def _route_key(method: str, path: str) -> str:
    if path == "/$default":
        return "$default"
    return f"{'ANY' if method == _ANY else method.upper()} {path}"


def _create_integration(apis: Any, api_id: str, integration: dict[str, Any]) -> str:
    request = {
        "integrationType": str(integration.get("type", "aws_proxy")).upper(),
        "integrationUri": integration.get("uri", ""),
        "integrationMethod": "POST",
        "payloadFormatVersion": str(integration.get("payloadFormatVersion", "2.0")),
    }
    if "timeoutInMillis" in integration:
        request["timeoutInMillis"] = integration["timeoutInMillis"]
    _, _, answer = apis._create_integration(api_id, request)
    return str(json.loads(answer)["integrationId"])


def _authorizers(apis: Any, api_id: str, body: dict[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Create the body's authorizers; each by name, with the route's authorization type and its id."""
    schemes = (body.get("components") or {}).get("securitySchemes") or {}
    for name, scheme in schemes.items():
        declared = scheme.get("x-amazon-apigateway-authorizer") or {}
        source = declared.get("identitySource") or "$request.header.Authorization"
        sources = source if isinstance(source, list) else [part.strip() for part in str(source).split(",")]
        request = {"name": name, "identitySource": sources}
        if declared.get("type") == "jwt":
            kind = "JWT"
            request |= {"authorizerType": "JWT", "jwtConfiguration": declared["jwtConfiguration"]}
        elif declared.get("type") == "request":
            kind = "CUSTOM"
            request |= {
                "authorizerType": "REQUEST",
                "authorizerUri": declared["authorizerUri"],
                "authorizerPayloadFormatVersion": declared.get("authorizerPayloadFormatVersion", "2.0"),
                "enableSimpleResponses": declared.get("enableSimpleResponses", False),
                "authorizerResultTtlInSeconds": declared.get("authorizerResultTtlInSeconds", 0),
            }
        else:
            continue
        status, _, answer = apis._create_authorizer(api_id, request)
        if status < 300:
            yield name, (kind, json.loads(answer)["authorizerId"])
