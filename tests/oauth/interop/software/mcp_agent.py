"""What the clients of the MCP Python SDK have in common, whichever line of it (see programs.conversation).

They know the address of an MCP server and one thing about themselves: a client ID that they were given, the address of
their metadata document, or nothing, and then they register themselves.
"""

import json
import os
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

SERVER, REDIRECT_URI = os.environ["SERVER"], os.environ["REDIRECT_URI"]
CLIENT_ID = os.environ.get("CLIENT_ID", "")


class Storage:
    """What the SDK calls a TokenStorage, in memory."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None
        if CLIENT_ID:
            self.client = OAuthClientInformationFull(
                client_id=CLIENT_ID, redirect_uris=[REDIRECT_URI], token_endpoint_auth_method="none"
            )

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


async def send_person(address: str) -> None:
    print(address, flush=True)


def answer() -> dict[str, str]:
    """Where the person came back, by parameter."""
    return {name: values[0] for name, values in parse_qs(urlsplit(input()).query).items()}


def provider(storage: Storage, callback: Any) -> OAuthClientProvider:
    metadata = OAuthClientMetadata(
        client_name="Python agent",
        redirect_uris=[REDIRECT_URI],
        token_endpoint_auth_method="none",
        grant_types=["authorization_code", "refresh_token"],
    )
    return OAuthClientProvider(
        SERVER,
        metadata,
        storage,
        redirect_handler=send_person,
        callback_handler=callback,
        client_metadata_url=os.environ.get("METADATA_URL"),
    )


def report(
    storage: Storage, first: OAuthToken | None, tools: Any, whoami: Any, refused: Any, notes: Any
) -> None:
    assert first
    assert storage.tokens
    assert storage.client
    print(
        json.dumps(
            {
                "tools": sorted(tool.name for tool in tools),
                "whoami": whoami,
                "refused": refused,
                "notes": notes,
                "scope": first.scope,
                "client_id": storage.client.client_id,
                "refreshed": first.access_token != storage.tokens.access_token,
                "access_token": storage.tokens.access_token,
            }
        )
    )
