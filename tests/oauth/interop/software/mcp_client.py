"""The client of the MCP Python SDK, unmodified, as its documentation shows."""

import anyio
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import AuthorizationCodeResult
from mcp_agent import SERVER, Storage, answer, provider, report


async def callback() -> AuthorizationCodeResult:
    return AuthorizationCodeResult.model_validate(answer())


async def main() -> None:
    storage = Storage()
    auth = provider(storage, callback)
    async with (
        create_mcp_http_client(auth=auth) as http,
        Client(streamable_http_client(SERVER, http_client=http)) as client,
    ):
        tools = await client.list_tools()
        whoami = await client.call_tool("whoami")
        added = await client.call_tool("add_note", {"text": "from Python"})
        first = storage.tokens
        auth.context.token_expiry_time = 1  # as if an hour had gone by: it refreshes before the next call
        listed = await client.call_tool("list_notes")
    refused = added.is_error and added.content[0].text
    report(storage, first, tools.tools, whoami.structured_content, refused, listed.structured_content)


anyio.run(main)
