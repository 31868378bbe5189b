// simple-oauth2's AuthorizationCode, unmodified: prints where to send the person, reads where they came back.
import { createInterface } from "node:readline/promises";
import { createHash, randomBytes } from "node:crypto";

import { AuthorizationCode } from "simple-oauth2";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env;
const client = new AuthorizationCode({
  client: { id: CLIENT_ID, secret: CLIENT_SECRET },
  auth: {
    tokenHost: ISSUER,
    tokenPath: "/oauth/token",
    authorizePath: "/oauth/authorize",
    revokePath: "/oauth/revoke",
  },
});
const verifier = randomBytes(48).toString("base64url");
const state = randomBytes(16).toString("base64url");
const scope = "openid email offline_access";

console.log(
  client.authorizeURL({
    redirect_uri: REDIRECT_URI,
    scope,
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  }),
);
const input = createInterface({ input: process.stdin });
const answer = new URL(await new Promise((resolve) => input.once("line", resolve)));
input.close();
if (answer.searchParams.get("state") !== state) throw new Error("another state");

const token = await client.getToken({
  code: answer.searchParams.get("code"),
  redirect_uri: REDIRECT_URI,
  code_verifier: verifier,
});
const refreshed = await token.refresh();
const userinfo = await fetch(`${ISSUER}/oauth/userinfo`, {
  headers: { authorization: `Bearer ${refreshed.token.access_token}` },
});
const rotated = token.token.refresh_token !== refreshed.token.refresh_token;
const result = { userinfo: await userinfo.json(), expired: token.expired(), rotated };
await refreshed.revokeAll();
console.log(JSON.stringify({ ...result, access_token: refreshed.token.access_token }));
