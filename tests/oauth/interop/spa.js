// A page with oidc-client-ts's UserManager. The test opens it at the addresses below and calls these functions.
const HERE = window.location.origin;

window.manager = new oidc.UserManager({
  authority: document.documentElement.dataset.issuer,
  client_id: document.documentElement.dataset.client,
  redirect_uri: `${HERE}/callback`,
  post_logout_redirect_uri: `${HERE}/signed-out`,
  scope: "openid profile email offline_access",
  revokeTokensOnSignout: true,
});
