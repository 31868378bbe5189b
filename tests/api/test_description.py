"""`/api/v1/openapi.json`: the description of the API is that of the API that runs (OpenAPI 3.1)."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from console.api.urls import urlpatterns
from console.models import Client, Tenant, User
from tests import cast
from tests.api.caller import API, REQUESTS, Api, client_path, config_of, patch_of, request_path
from tests.cast import ask, publish

pytestmark = pytest.mark.django_db
PATH = f"{API}/openapi.json"


@pytest.fixture
def described(acme: Tenant) -> dict[str, Any]:
    answer = Api(acme).get(PATH)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    document: dict[str, Any] = answer.json()
    return document


def operation_of(described: Mapping[str, Any], method: str, path: str) -> dict[str, Any]:
    """What is described for a method of a concrete path."""
    path = path.partition("?")[0].removeprefix(API)
    for template, operations in described["paths"].items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
            operation: dict[str, Any] = operations[method.lower()]
            return operation
    raise LookupError(path)


def check(described: Mapping[str, Any], part: Any, value: Any) -> None:
    """Raises ValidationError unless the value is as it is described, and has nothing that is not."""
    strict = json.loads(json.dumps(described["components"]["schemas"]))
    for schema in strict.values():
        schema["additionalProperties"] = False
    schema = part["content"]["application/json"]["schema"]
    OAS31Validator({**schema, "components": {"schemas": strict}}).validate(value)


def resolved(described: Mapping[str, Any], part: Any) -> Any:
    return described["components"]["responses"][part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part


def test_it_is_an_openapi_document(described: dict[str, Any]):
    OpenAPIV31SpecValidator(described).validate()
    assert described["openapi"] == "3.1.0"


def test_every_method_of_every_address_is_described(described: dict[str, Any]):
    offered = {
        ("/" + re.sub(r"<(?:str|path):(\w+)>", "{}", str(address.pattern)), method.lower())
        for address in urlpatterns
        if str(address.pattern) != "openapi.json"
        for method in vars(address.callback)["rights"]
        if method != "HEAD"
    }
    found = {
        (re.sub(r"{\w+}", "{}", path), method)
        for path, operations in described["paths"].items()
        for method in operations
    }
    assert found == offered
    assert len(found) == 10
    ids = [each["operationId"] for operations in described["paths"].values() for each in operations.values()]
    assert len(set(ids)) == len(ids)


def test_answers_are_as_they_are_described(
    described: dict[str, Any], acme: Tenant, globex: Tenant, alice: User, bob: User, web_client: tuple[Client, str]
):  # fmt: skip
    theirs, shared = publish(globex, name="Report portal"), publish(acme, name="Shared")
    cast.connect(theirs, acme, by=alice)
    cast.connect(shared, globex)
    first, second = (ask(bob, publish(globex, name=name)) for name in ("First", "Second"))
    whole = {
        "consentMethod": "trusted",
        "scopes": ["openid"],
        "expiresAt": "2999-01-01T00:00:00Z",
        "version": 1,
    }
    api = Api.of(alice)
    calls: list[tuple[Api, str, str, object, int]] = [
        (api, "GET", f"{API}/users/me", None, 200),
        (Api.bot(acme), "GET", f"{API}/users/me", None, 200),
        (Api.of(bob, "openid"), "GET", f"{API}/users/me", None, 200),
        (api, "GET", config_of(theirs), None, 200),
        (api, "GET", config_of(web_client[0]), None, 200),
        (api, "PATCH", config_of(theirs), patch_of(scopes=["openid"], status="blocked"), 204),
        (api, "GET", config_of(theirs), None, 200),
        (api, "DELETE", config_of(theirs), None, 204),
        (api, "POST", client_path(web_client[0], "actions/publish"), None, 201),
        (api, "POST", client_path(shared, "actions/unpublish"), {"connected": "end"}, 200),
        (api, "GET", f"{REQUESTS}?limit=1&status=open", None, 200),
        (api, "GET", request_path(first), None, 200),
        (api, "POST", request_path(first, "approve"), whole, 200),
        (Api.bot(acme), "POST", request_path(second, "deny"), {"answer": "No."}, 200),
        (Api.of(bob, "user_default"), "GET", REQUESTS, None, 200),
    ]  # fmt: skip
    for caller, method, path, body, status in calls:
        operation = operation_of(described, method, path)
        if body is not None:
            check(described, operation["requestBody"], body)
        answer = caller.call(method, path, body)
        assert answer.status_code == status, answer.content
        stated = operation["responses"][str(status)]
        assert bool(answer.content) == ("content" in stated)
        if answer.content:
            check(described, stated, answer.json())
    assert {operation_of(described, each[1], each[2])["operationId"] for each in calls} == {
        each["operationId"] for operations in described["paths"].values() for each in operations.values()
    }


def test_refusals_are_as_they_are_described(
    described: dict[str, Any], acme: Tenant, globex: Tenant, alice: User, bob: User
):
    theirs, wish = publish(globex), ask(bob, publish(globex, name="Asked for"))
    cast.connect(theirs, acme, by=alice)
    api, approve, config = Api.of(alice), request_path(wish, "approve"), config_of(theirs)
    assert api.post(approve, {"consentMethod": "required"}).status_code == 200
    calls: list[tuple[Api, str, str, object, int]] = [
        (api, "PATCH", config, [{"op": "add"}], 400),
        (api, "GET", f"{REQUESTS}?limit=0", None, 400),
        (Api(acme), "GET", config, None, 401),
        (Api.of(bob), "GET", config, None, 403),
        (api, "GET", config_of("0" * 32), None, 404),
        (api, "POST", approve, {"consentMethod": "required"}, 409),
        (api, "POST", approve, b" " * 70_000, 413),
        (api, "POST", client_path(theirs, "actions/unpublish"), None, 415),
    ]
    for caller, method, path, body, status in calls:
        answer = caller.call(method, path, body)
        assert answer.status_code == status, answer.content
        stated = operation_of(described, method, path)["responses"][str(status)]
        check(described, resolved(described, stated), answer.json())


def test_it_says_which_scope_lets_in(described: dict[str, Any]):
    """One of them is enough: each is a requirement of its own."""
    listed = operation_of(described, "GET", REQUESTS)
    assert listed["security"] == [{"oauth": ["admin_classic"]}, {"oauth": ["user_default"]}]
    assert operation_of(described, "GET", f"{API}/users/me")["security"] == [{"oauth": []}]


def test_it_is_public_the_same_for_all_and_kept_until_it_changes(acme: Tenant, globex: Tenant, alice: User):
    answers = [Api(tenant).get(PATH) for tenant in (acme, globex)]

    assert answers[0].content == answers[1].content
    assert answers[0]["ETag"] == answers[1]["ETag"]
    assert answers[0]["Cache-Control"] == "public, max-age=3600"
    assert not answers[0].cookies
    for word in (acme.alias, globex.alias, "localhost", alice.email):
        assert word not in answers[0].content.decode()

    again = Api(acme).get(PATH, **{"If-None-Match": answers[0]["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = Api(acme).call("HEAD", PATH)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", answers[0]["ETag"])


def test_a_page_of_any_origin_may_read_it(acme: Tenant):
    answer = Api(acme).get(PATH, Origin="https://editor.example")
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_is_only_read(method: str, acme: Tenant):
    answer = Api(acme).call(method, PATH)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert answer.json()["errors"][0]["code"] == "HTTP-405"
