// An IAM for tests: the OpenID provider of npm, with a back door by which a test makes tokens that no provider would give
// out, adds keys, and agrees to device logins in the place of a person with a browser.
//
//   node issuer.mjs NODE_MODULES     prints one line: the address of the issuer
import crypto from "node:crypto";
import http from "node:http";
import { pathToFileURL } from "node:url";

const modules = process.argv[2];
const { default: Provider } = await import(pathToFileURL(`${modules}/oidc-provider/lib/index.js`).href);

const groups = { alice: ["/higgs", "/higgs/admins"], bob: ["/atlas"] };
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";

const server = http.createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;

const keys = new Map();
const counts = { jwks: 0, discovery: 0 };
addKey("first");

const provider = new Provider(issuer, {
  clients: [
    { client_id: "service", client_secret: "secret-of-the-service", grant_types: ["client_credentials"], redirect_uris: [], response_types: [] },
    { client_id: "shell", token_endpoint_auth_method: "none", grant_types: [DEVICE], redirect_uris: [], response_types: [] },
    { client_id: "other-shell", token_endpoint_auth_method: "none", grant_types: [DEVICE], redirect_uris: [], response_types: [] },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups"] },
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: (_, client) => client.clientId === "service" },
  },
  findAccount: (_, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, preferred_username: id, groups: groups[id] ?? [] }),
  }),
  jwks: { keys: [{ ...keys.get("first").privateKey.export({ format: "jwk" }), kid: "first", alg: "RS256", use: "sig" }] },
});

const answer = provider.callback();
server.on("request", async (request, response) => {
  const url = new URL(request.url, issuer);
  if (url.pathname === "/jwks") {
    counts.jwks += 1;
    return reply(response, { keys: [...keys].map(([kid, key]) => publicKey(kid, key)) });
  }
  const action = { "/test/mint": mint, "/test/add-key": ({ kid, type }) => addKey(kid, type), "/test/agree": agree, "/test/counts": () => counts }[url.pathname];
  if (!action) return answer(request, response);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    reply(response, await action(JSON.parse(Buffer.concat(chunks).toString() || "{}")));
  } catch (error) {
    response.writeHead(500).end(String(error.stack));
  }
});
console.log(issuer);

function reply(response, body) {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body ?? {}));
}

function addKey(kid, type = "rsa") {
  const options = type === "rsa" ? { modulusLength: 2048 } : { namedCurve: "P-256" };
  keys.set(kid, { ...crypto.generateKeyPairSync(type, options), type });
}

function publicKey(kid, key) {
  return { ...key.publicKey.export({ format: "jwk" }), kid, use: "sig", alg: key.type === "rsa" ? "RS256" : "ES256" };
}

// A JWT with any claims, header and signature: `key` signs, `kid` is what it says.
function mint({ claims = {}, key = "first", kid = key, alg = "RS256", seconds = 300 }) {
  const now = Math.floor(Date.now() / 1000);
  const payload = { iss: issuer, sub: "alice", aud: "mlaas4hep", iat: now, exp: now + seconds, ...claims };
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg, typ: "at+jwt", kid })}.${part(payload)}`;
  return { token: `${signed}.${signature(alg, keys.get(key), signed).toString("base64url")}` };
}

function signature(alg, key, signed) {
  if (alg === "none") return Buffer.alloc(0);
  // The old attack: the public key as the secret of an HMAC.
  if (alg === "HS256") return crypto.createHmac("sha256", key.publicKey.export({ format: "pem", type: "spki" })).update(signed).digest();
  return crypto.sign("sha256", Buffer.from(signed), { key: key.privateKey, dsaEncoding: "ieee-p1363" });
}

// What happens after a person has typed the code in, logged in and agreed.
async function agree({ user_code, account }) {
  const code = await provider.DeviceCode.findByUserCode(user_code.replace(/[^A-Z0-9]/gi, "").toUpperCase());
  const grant = new provider.Grant({ accountId: account, clientId: code.clientId });
  grant.addOIDCScope(code.params.scope);
  Object.assign(code, { accountId: account, authTime: Math.floor(Date.now() / 1000), claims: {}, grantId: await grant.save(), scope: code.params.scope, sessionUid: crypto.randomUUID() });
  await code.save();
}
