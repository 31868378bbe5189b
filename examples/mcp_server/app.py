"""A Model Context Protocol server that keeps notes for people. See the README beside this directory.

Its tokens come from an authorization server that it does not talk to except for public keys. It says which one in its
metadata (RFC 9728), so that a client that knows only this server's address finds the rest by itself.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

import uvicorn
from access_tokens import Verifier
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.routes import create_protected_resource_routes
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from pydantic import Field
from starlette.applications import Starlette

NAME = "Notes"
READ, WRITE = "notes:read", "notes:write"
MOST_NOTES = 100  # of a person; older ones are forgotten
GRACE_SECONDS = 1  # for clients that keep a connection open to be told news, when the server stops
ONLY_READS = ToolAnnotations(read_only_hint=True)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False)


@dataclass(frozen=True)
class Configuration:
    """What the environment says; see the table in the README."""

    issuer: str
    port: int
    base_url: str
    connect_to: str

    @classmethod
    def from_environment(cls) -> Configuration:
        if not os.environ.get("ISSUER"):
            sys.exit("Set ISSUER in the environment. examples/README.md says how.")
        port = int(os.environ.get("PORT") or 8300)
        return cls(
            issuer=os.environ["ISSUER"].rstrip("/"),
            port=port,
            base_url=(os.environ.get("BASE_URL") or f"http://localhost:{port}").rstrip("/"),
            connect_to=os.environ.get("CONNECT_TO", ""),
        )

    @property
    def identifier(self) -> str:
        """What this server is called where it is registered as an API, and `aud` of its tokens: its address."""
        return f"{self.base_url}/mcp"


def create_app(configuration: Configuration) -> Starlette:
    auth = AuthSettings(
        issuer_url=configuration.issuer,
        resource_server_url=configuration.identifier,
        validate_token_resource=True,
    )
    server = MCPServer(
        NAME,
        instructions="Keeps short notes for the person who is signed in. Nobody else sees them.",
        auth=auth,
        token_verifier=Verifier(configuration.issuer, configuration.identifier, configuration.connect_to),
        log_level="WARNING",
    )
    add_tools(server)
    host = urlsplit(configuration.base_url).netloc
    app = server.streamable_http_app(
        # Requests for another name come from a page that makes a browser believe it is this server.
        transport_security=TransportSecuritySettings(
            allowed_hosts=[host, f"127.0.0.1:{configuration.port}"],
            allowed_origins=["http://localhost:*", "http://127.0.0.1:*", configuration.base_url],
        )
    )
    # The SDK's own document would list only scopes that every request needs. This one, which comes before it, lists
    # what there is: clients ask for that.
    app.router.routes[:0] = create_protected_resource_routes(
        auth.resource_server_url, [auth.issuer_url], scopes_supported=[READ, WRITE], resource_name=NAME
    )
    return app


def add_tools(server: MCPServer) -> None:
    notes: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=MOST_NOTES))

    @server.tool(annotations=ONLY_READS)
    def whoami() -> dict[str, Any]:
        """Who the notes belong to, which client this is, and what it may do."""
        token = needs()
        return {"user": token.subject, "client": token.client_id, "scopes": token.scopes}

    @server.tool(annotations=ONLY_READS)
    def list_notes() -> list[str]:
        """All notes of the person who is signed in, the oldest first."""
        return list(notes[whose(needs(READ))])

    @server.tool(annotations=ADDS)
    def add_note(text: Annotated[str, Field(min_length=1, max_length=1000)]) -> str:
        """Adds a note for the person who is signed in."""
        own = notes[whose(needs(WRITE))]
        own.append(text)
        return f"Kept as note {len(own)}."


def needs(scope: str = "") -> AccessToken:
    """The token of this request, if it has the scope. What the ToolError says is for the model and its person."""
    token = get_access_token()
    assert token is not None  # nothing comes here without one
    if scope and scope not in token.scopes:
        raise ToolError(f"This needs the scope {scope}, which {token.client_id} does not have here.")
    return token


def whose(token: AccessToken) -> str:
    """The person: `sub` is theirs at one issuer, and this server trusts one."""
    return str(token.subject)


def main() -> None:
    configuration = Configuration.from_environment()
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(configuration), log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS
        )
    )
    with socket.create_server(("127.0.0.1", configuration.port)) as listening:
        print(f"MCP server application: {configuration.identifier}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


if __name__ == "__main__":
    main()
