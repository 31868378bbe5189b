// openid-client 6, unmodified, registers itself (RFC 7591) and signs a person in. Reads what to do from standard input.
import { text } from "node:stream/consumers";

import * as client from "openid-client";

import { allow } from "./person.mjs";

const given = JSON.parse(await text(process.stdin));
const config = await client.dynamicClientRegistration(new URL(given.issuer), given.metadata, undefined, {
  initialAccessToken: given.initialAccessToken,
  execute: [client.allowInsecureRequests], // http, because it is localhost
});
const redirectUri = given.metadata.redirect_uris[0];
const pkceCodeVerifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const authorizationUrl = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: "openid offline_access user_default",
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: "S256",
  state,
});
const callback = await allow(authorizationUrl, { ...given.person, redirectUri });
const tokens = await client.authorizationCodeGrant(config, callback, {
  pkceCodeVerifier,
  expectedState: state,
  idTokenExpected: true,
});
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
const registered = config.clientMetadata();
console.log(JSON.stringify({ registered, claims: tokens.claims(), refreshed: refreshed.scope }));
