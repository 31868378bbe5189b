"""The example MCP server as a program of its own: which tokens it takes, and what it says to a client without one."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from tests.example_programs import running
from tests.served import free_port

MODERN = "2026-07-28"


class Issuer:
    """An authorization server, as far as a resource server sees one: metadata (RFC 8414), keys, and tokens."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://tenant.localhost:{self.server.server_port}"
        self.asked: list[str] = []

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(f"{self.headers['Host']}{self.path}")
                body = json.dumps(issuer.document(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                """Nothing: the tests say what was asked."""

        return Handler

    def document(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/oauth-authorization-server":
            return {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        public = json.loads(ECAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [public | {"kid": "1", "use": "sig", "alg": "ES256"}]}


@dataclass
class Server:
    address: str
    issuer: Issuer

    def claims(self, **other: Any) -> dict[str, Any]:
        now = int(time())
        return {
            "iss": self.issuer.address,
            "aud": self.address,
            "sub": "bob",
            "client_id": "agent",
            "scope": "notes:read",
            "iat": now,
            "exp": now + 60,
        } | other

    def token(self, typ: str = "at+jwt", key: Any = None, **claims: Any) -> str:
        """An access token that is as it should be but for what is given. A claim that is None is left out."""
        payload = {name: value for name, value in self.claims(**claims).items() if value is not None}
        return jwt.encode(payload, key or self.issuer.key, "ES256", {"typ": typ, "kid": "1"})

    def call(self, tool: str, token: str, **arguments: Any) -> requests.Response:
        """`tools/call`, as a client of the newest revision sends it: without a session."""
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": tool,
                "arguments": arguments,
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": MODERN,
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        }
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": MODERN,
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
        }
        return requests.post(self.address, json=message, headers=headers, timeout=30)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    issuer = Issuer()
    thread = threading.Thread(target=issuer.server.serve_forever)
    thread.start()
    port = free_port()
    try:
        with running("mcp_server", ISSUER=issuer.address, PORT=str(port)):
            yield Server(f"http://localhost:{port}/mcp", issuer)
    finally:
        issuer.server.shutdown()
        thread.join()
        issuer.server.server_close()


@pytest.mark.spec("RFC 9728", "5.1")
def test_without_a_token_it_says_where_its_metadata_is(server: Server):
    answer = requests.post(server.address, json={}, timeout=30)

    assert answer.status_code == 401
    where = server.address.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")
    assert f'resource_metadata="{where}"' in answer.headers["WWW-Authenticate"]
    document = requests.get(where, timeout=30).json()
    assert document["resource"] == server.address
    assert document["authorization_servers"] == [server.issuer.address]
    assert document["scopes_supported"] == ["notes:read", "notes:write"]


@pytest.mark.spec("RFC 9068", "4")
def test_a_token_that_is_for_it_is_taken(server: Server):
    answer = server.call("whoami", server.token())

    assert answer.status_code == 200, answer.text
    result = answer.json()["result"]["structuredContent"]
    assert result == {"user": "bob", "client": "agent", "scopes": ["notes:read"]}
    assert all(asked.startswith("tenant.localhost:") for asked in server.issuer.asked)


@pytest.mark.spec("RFC 9068", "4")
@pytest.mark.parametrize(
    "wrong",
    [
        {"typ": "JWT"},  # an ID token
        {"aud": "http://tenant.localhost/"},
        {"aud": None},
        {"iss": "http://other.localhost"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"client_id": None},
        {"key": ec.generate_private_key(ec.SECP256R1())},
    ],
    ids=lambda wrong: "-".join(wrong),
)
def test_any_other_is_refused(server: Server, wrong: dict[str, Any]):
    answer = server.call("whoami", server.token(**wrong))

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_what_is_no_token_is_refused(server: Server):
    unsigned = jwt.encode(server.claims(), "", "none", {"typ": "at+jwt", "kid": "1"})
    for token in ("x", "a.b.c", unsigned, server.token() + "x"):
        assert server.call("whoami", token).status_code == 401


def test_each_tool_asks_for_its_own_scope(server: Server):
    refused = server.call("add_note", server.token(), text="no").json()["result"]
    assert refused["isError"] is True
    assert "notes:write" in refused["content"][0]["text"]

    both = server.token(scope="notes:read notes:write")
    assert not server.call("add_note", both, text="mine").json()["result"].get("isError")
    assert server.call("list_notes", both).json()["result"]["structuredContent"] == {"result": ["mine"]}


def test_people_see_their_own_notes(server: Server):
    scopes = "notes:read notes:write"
    server.call("add_note", server.token(sub="carol", scope=scopes), text="carol's")

    listed = server.call("list_notes", server.token(sub="alice", scope=scopes)).json()["result"]

    assert listed["structuredContent"] == {"result": []}
