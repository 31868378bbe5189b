// The whole life of a sign-in with oauth4webapi 3, unmodified: every check that its author knows of is on.
import { text } from "node:stream/consumers";

import * as oauth from "oauth4webapi";

import { allow } from "./person.mjs";

const given = JSON.parse(await text(process.stdin));
const options = { [oauth.allowInsecureRequests]: true }; // http, because it is localhost
const issuer = new URL(given.issuer);

const server = {};
for (const algorithm of ["oidc", "oauth2"]) {
  const response = await oauth.discoveryRequest(issuer, { ...options, algorithm });
  server[algorithm] = await oauth.processDiscoveryResponse(issuer, response);
}
const as = server.oidc;

const client = { client_id: given.app.id };
const authentication =
  given.app.method === "none" ? oauth.None() : oauth.ClientSecretBasic(given.app.secret);

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const nonce = oauth.generateRandomNonce();
const authorizationUrl = new URL(as.authorization_endpoint);
authorizationUrl.search = new URLSearchParams({
  client_id: client.client_id,
  redirect_uri: given.app.redirectUri,
  response_type: "code",
  scope: "openid profile email offline_access user_default",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
  max_age: "3600",
});
const callback = await allow(authorizationUrl, { ...given.person, redirectUri: given.app.redirectUri });

const answer = oauth.validateAuthResponse(as, client, callback, state); // checks iss too: the metadata promises it
const codeResponse = await oauth.authorizationCodeGrantRequest(
  as, client, authentication, answer, given.app.redirectUri, verifier, options,
);
const tokens = await oauth.processAuthorizationCodeResponse(as, client, codeResponse, {
  expectedNonce: nonce,
  maxAge: 3600,
  requireIdToken: true,
});
await oauth.validateApplicationLevelSignature(as, codeResponse, options);
const claims = oauth.getValidatedIdTokenClaims(tokens);

const userinfoResponse = await oauth.userInfoRequest(as, client, tokens.access_token, options);
const userinfo = await oauth.processUserInfoResponse(as, client, claims.sub, userinfoResponse);

// As a resource server checks it, with nothing but the published keys (RFC 9068 4).
const call = new Request(`${given.issuer}/api`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
const accepted = await oauth.validateJwtAccessToken(as, call, given.issuer, options);

const refreshResponse = await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token, options);
const refreshed = await oauth.processRefreshTokenResponse(as, client, refreshResponse);

async function introspect(token) {
  if (given.app.method === "none") return null;
  const response = await oauth.introspectionRequest(as, client, authentication, token, options);
  return oauth.processIntrospectionResponse(as, client, response);
}

const introspected = await introspect(refreshed.access_token);
const revocation = await oauth.revocationRequest(as, client, authentication, refreshed.refresh_token, options);
await oauth.processRevocationResponse(revocation);
const afterwards = await introspect(refreshed.access_token);

const refusedResponse = await oauth.refreshTokenGrantRequest(
  as, client, authentication, refreshed.refresh_token, options,
);
const refusal = await oauth.processRefreshTokenResponse(as, client, refusedResponse).then(
  () => "none",
  (error) => error.error,
);

let machine = null;
if (given.machine) {
  const robot = { client_id: given.machine.id };
  const secret = oauth.ClientSecretPost(given.machine.secret);
  const response = await oauth.clientCredentialsGrantRequest(
    server.oauth2, robot, secret, { scope: "user_default" }, options,
  );
  const token = await oauth.processClientCredentialsResponse(server.oauth2, robot, response);
  const asked = await oauth.introspectionRequest(server.oauth2, robot, secret, token.access_token, options);
  machine = await oauth.processIntrospectionResponse(server.oauth2, robot, asked);
}

console.log(
  JSON.stringify({ claims, userinfo, accepted, refreshed: refreshed.scope, introspected, afterwards, refusal, machine }),
);
