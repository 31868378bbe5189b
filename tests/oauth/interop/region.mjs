// An application for every tenant of a region, with oauth4webapi 3, unmodified: begins at the region's document, and
// judges the answer by the document of the tenant that the answer names.
import { text } from "node:stream/consumers";

import * as oauth from "oauth4webapi";

import { allow } from "./person.mjs";

const given = JSON.parse(await text(process.stdin));
const options = { [oauth.allowInsecureRequests]: true }; // http, because it is localhost

async function documentOf(address, algorithm) {
  const issuer = new URL(address);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...options, algorithm }));
}

const region = await documentOf(given.region, "oauth2");
const client = { client_id: given.app.id };
const authentication = oauth.ClientSecretBasic(given.app.secret);
const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const nonce = oauth.generateRandomNonce();
const authorizationUrl = new URL(region.authorization_endpoint);
authorizationUrl.search = new URLSearchParams({
  client_id: client.client_id,
  redirect_uri: given.app.redirectUri,
  response_type: "code",
  scope: "openid offline_access",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
const callback = await allow(authorizationUrl, { ...given.person, redirectUri: given.app.redirectUri });

const tenant = await documentOf(callback.searchParams.get("iss"), "oidc");
const answer = oauth.validateAuthResponse(tenant, client, callback, state);
const throughRegion = { ...tenant, token_endpoint: region.token_endpoint };
const codeResponse = await oauth.authorizationCodeGrantRequest(
  throughRegion, client, authentication, answer, given.app.redirectUri, verifier, options,
);
const tokens = await oauth.processAuthorizationCodeResponse(tenant, client, codeResponse, {
  expectedNonce: nonce,
  requireIdToken: true,
});
await oauth.validateApplicationLevelSignature(tenant, codeResponse, options);

const revocation = await oauth.revocationRequest(region, client, authentication, tokens.refresh_token, options);
await oauth.processRevocationResponse(revocation);

console.log(JSON.stringify({ region, claims: oauth.getValidatedIdTokenClaims(tokens) }));
