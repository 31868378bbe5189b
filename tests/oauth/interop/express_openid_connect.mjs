// An Express application with express-openid-connect, as its documentation begins. It requires authentication for every
// page, and its own /callback and /logout are where it has them by default. RESPONSE_TYPE is left out or `code`.
import express from "express";
import openid from "express-openid-connect";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT, RESPONSE_TYPE } = process.env;
const app = express();
const code = {
  clientSecret: CLIENT_SECRET,
  authorizationParams: { response_type: "code", scope: "openid profile email offline_access" },
};

app.use(
  openid.auth({
    issuerBaseURL: ISSUER,
    baseURL: `http://localhost:${PORT}`,
    clientID: CLIENT_ID,
    secret: "a long random string, a long random string",
    idpLogout: true,
    ...(RESPONSE_TYPE === "code" ? code : {}),
  }),
);

app.get("/", async (request, response) => {
  response.json({ user: request.oidc.user, userinfo: await request.oidc.fetchUserInfo() });
});

app.get("/later", async (request, response) => {
  const { access_token: renewed } = await request.oidc.accessToken.refresh();
  response.json({ renewed });
});

app.listen(Number(PORT), "localhost");
