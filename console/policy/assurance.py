"""The authentication method and class of a sign-in, as ID tokens state them (OpenID Connect Core §2)."""

METHODS = ["pwd"]  # RFC 8176 §2: people sign in with a password, and in no other way

_CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:"


def context_class(issuer: str) -> str:
    """The `acr` of a sign-in with a password at `issuer`: the class of SAML 2.0 that says that (AuthnContext §3.4).

    Over https the password was protected on its way. A region on localhost names has no https, and must not claim it.
    """
    return _CLASSES + ("PasswordProtectedTransport" if issuer.startswith("https:") else "Password")
