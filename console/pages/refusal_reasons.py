"""Why something was refused, as the audit log says it.

The authorization server and the sign-in page keep a reason in English, as a code or as a sentence; here every one of
them is marked for translation. tests/architecture/test_translations.py sees that none is missing.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

CODES: dict[str, Promise | str] = {
    "repeated_parameter": _("A parameter was repeated in the request"),
    "no_client": _("The request named no client"),
    "client_withdrawn": _("The publisher has unpublished or deleted the client"),
    "unknown_client": _("The client does not exist, or this tenant is not connected to it"),
    "no_redirect_uri": _("The request named no redirect URL"),
    "redirect_uri_mismatch": _("The redirect URL is not one of the client’s"),
    "sign_out_url_mismatch": _(
        "The person was not sent back: the address is not a sign-out URL of the client"
    ),
    "client_disabled": _("The client is disabled"),
    "connection_blocked": _("This tenant has blocked the client"),
    "others": _("More different refusals in one minute than are listed one by one"),
    "redirect_uri_not_accepted": _("The redirect URL is on a host that this tenant has not accepted yet"),
    "not_connected": _("No administrator of this tenant has connected the client yet"),
    "not_connected_silent": _("No administrator of this tenant has connected the client yet"),
    "connection_denied": _("An administrator decided not to connect the client"),
}
SENTENCES = frozenset(
    {
        # Who the client is
        gettext_noop("no client named"),
        gettext_noop("unknown client"),
        gettext_noop("client disabled"),
        gettext_noop("client_id names another client than the credentials"),
        gettext_noop("Authenticate the client in one way, not in several (RFC 6749, section 2.3)."),
        gettext_noop("confidential client without credentials"),
        gettext_noop("public client at introspection"),
        gettext_noop("public client sent a secret"),
        gettext_noop("client is not registered for secrets"),
        gettext_noop("unreadable Basic header"),
        gettext_noop("unknown secret"),
        gettext_noop("removed secret"),
        gettext_noop("secret came with a line break behind it"),
        gettext_noop("secret came with blank space around it"),
        gettext_noop("secret came with quotation marks around it"),
        gettext_noop("client ID came with blank space or quotation marks around it"),
        gettext_noop("client deleted"),
        gettext_noop("client withdrawn by its publisher"),
        gettext_noop("connection blocked"),
        gettext_noop("approval expired"),
        gettext_noop("secret of another client"),
        gettext_noop("client is not registered for private_key_jwt"),
        gettext_noop("client_assertion_type is not jwt-bearer"),
        gettext_noop("no registered key with this kid and alg"),
        gettext_noop("unreadable assertion"),
        gettext_noop("assertion is for another audience"),
        gettext_noop("assertion has no usable dates"),
        gettext_noop("assertion lives too long"),
        gettext_noop("assertion has no usable jti"),
        gettext_noop("assertion used before"),
        # What was asked for
        gettext_noop("Send the access token in one way, not in several (RFC 6750, section 2)."),
        gettext_noop("repeated parameter"),
        gettext_noop("a parameter is not a string"),
        gettext_noop("A parameter contains a NUL character."),
        gettext_noop("A % is not followed by two hexadecimal digits."),
        gettext_noop("The request is too long."),
        gettext_noop("The request is not properly encoded UTF-8."),
        gettext_noop("The request is not properly encoded UTF-8, or has too many parameters."),
        gettext_noop("Send parameters in the body, not in the address."),
        gettext_noop("The body is not JSON."),
        gettext_noop("The body must be a JSON object."),
        gettext_noop("Repeated parameter in the JSON body."),
        gettext_noop("response_type is missing."),
        gettext_noop("Only response_type=code is supported."),
        gettext_noop("response_mode must be query, fragment or form_post."),
        gettext_noop("response_mode=form_post needs a redirect URL with https or http."),
        gettext_noop("response_mode=form_post cannot carry control characters in state."),
        gettext_noop("This client is not registered for signing people in."),
        gettext_noop("Request objects are not supported."),
        gettext_noop("code_challenge is missing: PKCE is required."),
        gettext_noop("Without PKCE, openid and nonce are required."),
        gettext_noop("code_verifier without a challenge"),
        gettext_noop("code_challenge_method must be S256."),
        gettext_noop("code_challenge must be 43 characters of base64url."),
        gettext_noop("A requested scope is unknown or not allowed for this client."),
        gettext_noop("None of the requested scopes can be given to this client."),
        gettext_noop("Scopes that are unknown, or that the client is not registered for, are left out."),
        gettext_noop("The scope parameter names no scope."),
        gettext_noop("The scope parameter is too long."),
        gettext_noop("The scope parameter contains characters that RFC 6749 does not allow."),
        gettext_noop("prompt=none cannot be combined with another value."),
        gettext_noop("max_age must be a number of seconds."),
        gettext_noop("id_token_hint is not an ID token of this issuer."),
        gettext_noop("Somebody else signed in than the person of id_token_hint."),
        # Tokens
        gettext_noop("grant_type is missing."),
        gettext_noop("This grant_type is not supported."),
        gettext_noop("Use the token endpoint of the tenant for this grant_type."),
        gettext_noop("The client is not registered for this grant."),
        gettext_noop("machine grant without a trusted connection"),
        gettext_noop("The consent method of this client must be Trusted before a machine can use it."),
        gettext_noop("There is no such user."),
        gettext_noop("user_lookup must be a JSON object with a field (userId or subject) and a value."),
        gettext_noop("code_verifier must be 43 to 128 unreserved characters."),
        gettext_noop("redirect_uri is missing."),
        gettext_noop("redirect_uri is not the one of the code."),
        gettext_noop("unknown or expired code"),
        gettext_noop("nothing left of what the code was given for"),
        gettext_noop("client switched off since the code was given"),
        gettext_noop("code replayed"),
        gettext_noop("code of another client"),
        gettext_noop("unknown refresh token"),
        gettext_noop("refresh token of another client"),
        gettext_noop("access token ended"),
        gettext_noop("not an access token of this tenant"),
        gettext_noop("refresh token used, expired or ended"),
        gettext_noop("refresh token reused"),
        gettext_noop("The code or token is unknown, used, expired or was given to another client."),
        gettext_noop("The request cannot be carried out."),
        gettext_noop("token is missing."),
    }
)


def in_words(reason: str) -> str:
    """A reason in the reader's language. One that carries a value of the request stays as it was written."""
    return str(CODES.get(reason) or gettext(reason))
