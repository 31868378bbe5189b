// oidc-provider with the clients of a measurement, in one process. Sign-in and consent are given without asking.
// PEER in the environment is JSON: port, database (address), redirectUri, scopes of the machine and of the person (with
// spaces between), machine and application (client_id and client_secret).
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider, { interactionPolicy } from 'oidc-provider';
import adapterFor from './postgresql.mjs';

const given = JSON.parse(process.env.PEER);
const HOUR = 3600;
const FORTNIGHT = 14 * 24 * HOUR;
const ACCOUNT = 'alice';

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

const provider = new Provider(`http://127.0.0.1:${given.port}`, {
  adapter: await adapterFor(given.database),
  jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256', kid: 'bench' }] },
  clients: [
    { ...given.machine, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
    {
      ...given.application,
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [given.redirectUri],
      response_types: ['code'],
    },
  ],
  scopes: [...new Set(`${given.machineScope} ${given.personScope}`.split(' '))],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  findAccount: async (_, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, name: 'Alice', email: 'alice@acme.example', email_verified: true }),
  }),
  cookies: { keys: ['of a measurement'] },
  pkce: { required: () => true },
  issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: () => true,
  expiresWithSession: async () => false,
  ttl: {
    AccessToken: HOUR,
    AuthorizationCode: 60,
    ClientCredentials: HOUR,
    Grant: FORTNIGHT,
    IdToken: HOUR,
    Interaction: HOUR,
    RefreshToken: FORTNIGHT,
    Session: FORTNIGHT,
  },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  interactions: { policy: interactionPolicy.base(), url: (_, { uid }) => `/interaction/${uid}` },
});
provider.on('server_error', (_, error) => console.error(error));

async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: ACCOUNT } });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

const answer = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return answer(request, response);
  return interact(request, response).catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  });
}).listen(given.port, '127.0.0.1');
