"""The description of the API that programs read (OpenAPI 3.1), made of its addresses and schemas.

It is the same on every tenant's host, and says nothing about any tenant. An address that is not in it cannot be: the
list from which it is made is the list of addresses.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.http import condition, require_safe
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema

from ..http.access import View, open_to
from .answers import Problem
from .authentication import Right
from .exchange import Exchange
from .resources import Operation
from .schema import Asked

CACHE = 3600  # seconds
ARGUMENT = re.compile(r"<(?:str|path):(\w+)>")
SCOPES = {"admin_classic": "All of the tenant's administration", "user_default": "What is a person's own"}
REFUSED = {
    "400": "What was sent is wrong",
    "401": "The access token is missing or does not live",
    "403": "The role or the scope is missing, or a client would change itself",
    "404": "It is not there, or not this tenant's",
    "409": "Somebody else has answered, or the offer has changed or gone",
    "413": "The body is too long",
    "415": "The content type is another one",
    "503": "The database has no time: try again",
}


class _Schema(GenerateJsonSchema):
    """Without a title for every member and without `default: null` of a member that may be left out."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        described = super().default_schema(schema)
        return {name: value for name, value in described.items() if name != "default" or value is not None}


def described(addresses: Iterable[URLPattern]) -> View:
    """The view that answers with the description of these addresses. Anyone may read it, and keep it for an hour."""

    @cache
    def written() -> bytes:
        return json.dumps(document(addresses), indent=1).encode()

    @open_to("anyone: a public document")
    @require_safe
    @condition(etag_func=lambda request: f'"{hashlib.sha256(written()).hexdigest()[:32]}"')
    def description(request: HttpRequest) -> HttpResponse:
        answer = HttpResponse(written(), content_type="application/json")
        answer["Cache-Control"] = f"public, max-age={CACHE}"
        return answer

    return description


def document(addresses: Iterable[URLPattern]) -> dict[str, Any]:
    """The OpenAPI document of these addresses, each of them a `resource`."""
    paths: dict[str, dict[str, Any]] = {}
    used: set[tuple[type[Any], JsonSchemaMode]] = {(Problem, "serialization")}
    for address in addresses:
        path = "/" + ARGUMENT.sub(lambda found: f"{{{to_camel(found[1])}}}", str(address.pattern))
        operations: dict[str, Operation] = address.callback.operations  # type: ignore[attr-defined]
        for method, operation in operations.items():
            if method != "HEAD":
                noun = str(address.name).removeprefix("api_")
                paths.setdefault(path, {})[method.lower()] = _operation(method, noun, path, operation)
                used |= _schemas(operation.exchange)  # type: ignore[attr-defined]
    ordered = sorted(used, key=lambda each: each[0].__name__)
    _, schemas = models_json_schema(
        ordered, ref_template="#/components/schemas/{model}", schema_generator=_Schema
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OAuth clients",
            "version": "1",
            "description": "Publishing, connections and requests of a tenant's OAuth clients.",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "responses": {status: _refusal(why) for status, why in REFUSED.items()},
            "securitySchemes": {"oauth": _security_scheme()},
        },
    }


def _operation(method: str, noun: str, path: str, operation: Operation) -> dict[str, Any]:
    exchange: Exchange = operation.exchange  # type: ignore[attr-defined]
    rights: tuple[Right, ...] = operation.rights  # type: ignore[attr-defined]
    enough = dict.fromkeys(right.scope for right in rights)  # one of them is
    summary, _, more = (operation.__doc__ or "").partition("\n\n")
    described: dict[str, Any] = {
        "operationId": to_camel(f"{method.lower()}_{noun}"),
        "summary": " ".join(summary.split()),
        "security": [{"oauth": [scope]} for scope in enough] or [{"oauth": []}],
    }
    if more:
        described["description"] = " ".join(more.split())
    parameters = [_in_path(name) for name in re.findall(r"{(\w+)}", path)]
    if exchange.asks:
        parameters += _in_query(exchange.asks)
    if parameters:
        described["parameters"] = parameters
    if exchange.takes:
        content = {"schema": _reference(exchange.takes)}
        described["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(exchange.types, content),
        }
    return described | {"responses": _responses(method, exchange, rights, in_path="{" in path)}


def _responses(
    method: str, exchange: Exchange, rights: tuple[Right, ...], *, in_path: bool
) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done"}
    if exchange.gives:
        done["content"] = {"application/json": {"schema": _reference(exchange.gives)}}
    possible = {
        "400": exchange.asks or method != "GET",
        "403": rights,
        "404": in_path,
        "409": exchange.conflicts,
        "413": exchange.takes,
        "415": exchange.takes,
    }
    refused = {
        status: {"$ref": f"#/components/responses/{status}"}
        for status in REFUSED
        if possible.get(status, True)
    }
    return {str(exchange.status): done} | refused


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _in_query(asked: type[Asked]) -> list[dict[str, Any]]:
    members = asked.model_json_schema(schema_generator=_Schema)["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in members.items()]


def _schemas(exchange: Exchange) -> set[tuple[type[Any], JsonSchemaMode]]:
    schemas: set[tuple[type[Any], JsonSchemaMode]] = set()
    if exchange.takes:
        schemas.add((exchange.takes, "validation"))
    if exchange.gives:
        schemas.add((exchange.gives, "serialization"))
    return schemas


def _reference(schema: type[Any]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema.__name__}"}


def _refusal(why: str) -> dict[str, Any]:
    return {"description": why, "content": {"application/json": {"schema": _reference(Problem)}}}


def _security_scheme() -> dict[str, Any]:
    """How a token is got: addresses of the same host."""
    token = {"tokenUrl": "/oauth/token", "scopes": SCOPES}
    return {
        "type": "oauth2",
        "flows": {
            "authorizationCode": {"authorizationUrl": "/oauth/authorize", **token},
            "clientCredentials": token,
        },
    }
