// The client of the MCP TypeScript SDK, unmodified, as its documentation shows (see programs.conversation). SDK=1 is the
// package that most clients have, SDK=2 the one that came after it.
//
// It knows the address of an MCP server and one thing about itself: a client ID that it was given, the address of its
// metadata document, or nothing, and then it registers itself.
import { createInterface } from "node:readline/promises";

const { SDK, SERVER, REDIRECT_URI, CLIENT_ID, CLIENT_SECRET, METADATA_URL } = process.env;
const { Client, StreamableHTTPClientTransport, UnauthorizedError } =
  SDK === "2"
    ? await import("@modelcontextprotocol/client")
    : {
        ...(await import("@modelcontextprotocol/sdk/client/index.js")),
        ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
        ...(await import("@modelcontextprotocol/sdk/client/auth.js")),
      };
const kept = { client: CLIENT_ID && { client_id: CLIENT_ID, client_secret: CLIENT_SECRET || undefined } };

const provider = {
  redirectUrl: REDIRECT_URI,
  clientMetadataUrl: METADATA_URL || undefined,
  clientMetadata: {
    client_name: "TypeScript agent",
    redirect_uris: [REDIRECT_URI],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  state: () => "the state of this client",
  clientInformation: () => kept.client,
  saveClientInformation: (client) => (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => (kept.tokens = tokens),
  redirectToAuthorization: (url) => console.log(url.href),
  saveCodeVerifier: (verifier) => (kept.verifier = verifier),
  codeVerifier: () => kept.verifier,
  saveDiscoveryState: (found) => (kept.found = found),
  discoveryState: () => kept.found,
};

async function connected() {
  const client = new Client({ name: "TypeScript agent", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(SERVER), { authProvider: provider });
  try {
    await client.connect(transport);
    return client;
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    const input = createInterface({ input: process.stdin });
    const answer = new URL(await new Promise((resolve) => input.once("line", resolve)));
    input.close();
    await transport.finishAuth(SDK === "2" ? answer.searchParams : answer.searchParams.get("code"));
    return connected();
  }
}

const client = await connected();
const { tools } = await client.listTools();
const whoami = await client.callTool({ name: "whoami" });
const added = await client.callTool({ name: "add_note", arguments: { text: "from TypeScript" } });
const first = kept.tokens;
// It refreshes when the server refuses the access token. SDK 1 does not ask for a refresh token.
if (first.refresh_token) kept.tokens = { ...first, access_token: "one that has expired" };
const listed = await client.callTool({ name: "list_notes" });
await client.close();
console.log(
  JSON.stringify({
    tools: tools.map((tool) => tool.name).sort(),
    whoami: whoami.structuredContent,
    refused: added.isError ? added.content[0].text : false,
    notes: listed.structuredContent,
    scope: first.scope,
    client_id: kept.client.client_id,
    refreshed: kept.tokens.access_token !== first.access_token,
    access_token: kept.tokens.access_token,
  }),
);
