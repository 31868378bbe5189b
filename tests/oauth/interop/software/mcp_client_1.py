"""The same with the line before 2 of the SDK, which does not ask for offline_access by itself."""

import anyio
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from mcp_agent import SERVER, Storage, answer, provider, report


async def callback() -> tuple[str, str | None]:
    given = answer()
    return given["code"], given["state"]


async def main() -> None:
    storage = Storage()
    auth = provider(storage, callback)
    async with (
        streamablehttp_client(SERVER, auth=auth) as (incoming, outgoing, _session_id),
        ClientSession(incoming, outgoing) as client,
    ):
        await client.initialize()
        tools = await client.list_tools()
        whoami = await client.call_tool("whoami")
        added = await client.call_tool("add_note", {"text": "from Python"})
        first = storage.tokens
        if first and first.refresh_token:  # as if an hour had gone by: it refreshes before the next call
            auth.context.token_expiry_time = 1
        listed = await client.call_tool("list_notes")
    refused = added.isError and added.content[0].text
    report(storage, first, tools.tools, whoami.structuredContent, refused, listed.structuredContent)


anyio.run(main)
