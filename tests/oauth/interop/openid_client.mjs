// The whole life of a sign-in with openid-client 6, unmodified. Reads what to do from standard input, prints what came.
import { text } from "node:stream/consumers";

import * as client from "openid-client";

import { allow } from "./person.mjs";

const given = JSON.parse(await text(process.stdin));
const insecure = { execute: [client.allowInsecureRequests] }; // http, because it is localhost

const AUTHENTICATION = {
  client_secret_basic: (app) => client.ClientSecretBasic(app.secret),
  client_secret_post: (app) => client.ClientSecretPost(app.secret),
  none: () => client.None(),
  private_key_jwt: async (app) =>
    client.PrivateKeyJwt({
      kid: app.key.kid,
      key: await crypto.subtle.importKey("jwk", app.key, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]),
    }),
};

async function configured(app, options) {
  const authentication = await AUTHENTICATION[app.method](app);
  const metadata = { id_token_signed_response_alg: app.algorithm ?? "ES256" };
  return client.discovery(new URL(given.issuer), app.id, metadata, authentication, { ...insecure, ...options });
}

const config = await configured(given.app);
const pkceCodeVerifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const authorizationUrl = client.buildAuthorizationUrl(config, {
  redirect_uri: given.app.redirectUri,
  scope: "openid profile email offline_access user_default",
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
const callback = await allow(authorizationUrl, { ...given.person, redirectUri: given.app.redirectUri });

const tokens = await client.authorizationCodeGrant(config, callback, {
  pkceCodeVerifier,
  expectedState: state,
  expectedNonce: nonce,
  idTokenExpected: true,
});
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);

const confidential = given.app.method !== "none";
const introspected = confidential ? await client.tokenIntrospection(config, refreshed.access_token) : null;
await client.tokenRevocation(config, refreshed.refresh_token);
const afterwards = confidential ? await client.tokenIntrospection(config, refreshed.access_token) : null;
const refusal = await client.refreshTokenGrant(config, refreshed.refresh_token).then(
  () => "none",
  (error) => error.error,
);

let machine = null;
if (given.machine) {
  const machineConfig = await configured(given.machine, { algorithm: "oauth2" });
  const token = await client.clientCredentialsGrant(machineConfig, { scope: "user_default" });
  machine = await client.tokenIntrospection(machineConfig, token.access_token);
}

console.log(JSON.stringify({ claims, userinfo, refreshed: refreshed.scope, introspected, afterwards, refusal, machine }));
