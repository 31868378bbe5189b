// An API that checks an access token with jose, as its documentation has it for RFC 9068. Prints the claims, or the code
// of jose's error.
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const [issuer, audience, token] = process.argv.slice(2);
const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
try {
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience,
    typ: "at+jwt",
    requiredClaims: ["exp", "iat", "sub", "client_id", "jti"],
  });
  console.log(JSON.stringify({ claims: payload }));
} catch (error) {
  if (!(error instanceof errors.JOSEError)) throw error;
  console.log(JSON.stringify({ refused: error.code }));
}
