"""Why something was refused, as the audit log says it. Every Reason has its words here."""

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..policy.reasons import Reason
from .earlier_reasons import EARLIER

SENTENCES: dict[Reason, Promise] = {
    # Who the client is
    Reason.NO_CLIENT: _("The request did not name a client"),
    Reason.UNKNOWN_CLIENT: _("The client does not exist, or this tenant is not connected to it"),
    Reason.CLIENT_DISABLED: _("The client is disabled"),
    Reason.CLIENT_WITHDRAWN: _("The publisher has unpublished or deleted the client"),
    Reason.CLIENT_DELETED: _("client deleted"),
    Reason.CONNECTION_BLOCKED: _("This tenant has blocked the client"),
    Reason.APPROVAL_EXPIRED: _("approval expired"),
    Reason.CLIENT_ID_WITH_EDGES: _("client ID came with blank space or quotation marks around it"),
    Reason.CLIENT_ID_OF_ANOTHER: _("client_id names another client than the credentials"),
    Reason.SEVERAL_AUTHENTICATIONS: _(
        "Authenticate the client in one way, not in several (RFC 6749, section 2.3)."
    ),
    Reason.NO_CREDENTIALS: _("confidential client without credentials"),
    Reason.PUBLIC_AT_INTROSPECTION: _("public client at introspection"),
    Reason.UNREADABLE_BASIC_HEADER: _("unreadable Basic header"),
    # Secrets
    Reason.UNKNOWN_SECRET: _("unknown secret"),
    Reason.REMOVED_SECRET: _("removed secret"),
    Reason.DISABLED_SECRET: _("disabled secret"),
    Reason.EXPIRED_SECRET: _("expired secret"),
    Reason.SECRET_OF_ANOTHER_CLIENT: _("secret of another client"),
    Reason.SECRET_FROM_PUBLIC_CLIENT: _("public client sent a secret"),
    Reason.SECRET_NOT_REGISTERED: _("client is not registered for secrets"),
    Reason.SECRET_WITH_LINE_BREAK: _("secret came with a line break behind it"),
    Reason.SECRET_WITH_BLANK_SPACE: _("secret came with blank space around it"),
    Reason.SECRET_WITH_QUOTATION_MARKS: _("secret came with quotation marks around it"),
    # Assertions (private_key_jwt)
    Reason.ASSERTION_NOT_REGISTERED: _("client is not registered for private_key_jwt"),
    Reason.ASSERTION_TYPE_UNKNOWN: _("client_assertion_type is not jwt-bearer"),
    Reason.ASSERTION_KEY_UNKNOWN: _("no registered key with this kid and alg"),
    Reason.ASSERTION_UNREADABLE: _("unreadable assertion"),
    Reason.ASSERTION_REFUSED: _("assertion refused"),
    Reason.ASSERTION_SIGNATURE_WRONG: _("the signature of the assertion is wrong"),
    Reason.ASSERTION_EXPIRED: _("assertion has expired"),
    Reason.ASSERTION_NOT_YET_VALID: _("assertion is not valid yet"),
    Reason.ASSERTION_OF_ANOTHER_ISSUER: _("assertion is not issued by the client"),
    Reason.ASSERTION_CLAIM_MISSING: _("assertion lacks a claim"),
    Reason.ASSERTION_FOR_ANOTHER_AUDIENCE: _("assertion is for another audience"),
    Reason.ASSERTION_WITHOUT_DATES: _("assertion has no usable dates"),
    Reason.ASSERTION_TOO_LONG_LIVED: _("assertion lives too long"),
    Reason.ASSERTION_WITHOUT_JTI: _("assertion has no usable jti"),
    Reason.ASSERTION_USED_BEFORE: _("assertion used before"),
    # How a request is written
    Reason.PARAMETER_SENT_TWICE: _("repeated parameter"),
    Reason.PARAMETER_NOT_A_STRING: _("a parameter is not a string"),
    Reason.NUL_CHARACTER: _("A parameter contains a NUL character."),
    Reason.BROKEN_ESCAPE: _("A % is not followed by two hexadecimal digits."),
    Reason.REQUEST_TOO_LONG: _("The request is too long."),
    Reason.NOT_UTF_8: _("The request is not properly encoded UTF-8."),
    Reason.NOT_UTF_8_OR_TOO_MANY: _("The request is not properly encoded UTF-8, or has too many parameters."),
    Reason.PARAMETERS_IN_ADDRESS: _("Send parameters in the body, not in the address."),
    Reason.UNSUPPORTED_MEDIA_TYPE: _("Send application/x-www-form-urlencoded or application/json."),
    Reason.NOT_JSON: _("The body is not JSON."),
    Reason.NOT_A_JSON_OBJECT: _("The body must be a JSON object."),
    Reason.JSON_MEMBER_REPEATED: _("Repeated parameter in the JSON body."),
    Reason.JSON_NESTED_TOO_DEEPLY: _("The body is nested too deeply"),
    Reason.JSON_NUMBER_UNKNOWN: _("NaN and Infinity are not numbers in JSON"),
    Reason.JSON_NUMBER_TOO_LARGE: _("A number is too large"),
    Reason.JSON_HALF_A_SURROGATE_PAIR: _("A text contains half a surrogate pair"),
    # Authorization requests that cannot be answered to the application: a person gets a page
    Reason.REPEATED_PARAMETER: _("A parameter was repeated in the request"),
    Reason.NO_REDIRECT_URI: _("The request did not name a redirect URL"),
    Reason.REDIRECT_URI_MISMATCH: _("The redirect URL is not one of the client’s"),
    Reason.REDIRECT_URI_NOT_ACCEPTED: _(
        "The redirect URL is on a host that this tenant has not accepted yet"
    ),
    Reason.NOT_CONNECTED: _("No administrator of this tenant has connected the client yet"),
    Reason.NOT_CONNECTED_SILENT: _("No administrator of this tenant has connected the client yet"),
    Reason.CONNECTION_DENIED: _("An administrator decided not to connect the client"),
    # Clients that are described by a document
    Reason.DOCUMENTS_OFF: _("This tenant does not allow clients that are described by a document"),
    Reason.DOCUMENT_URL_INVALID: _("The client ID is a URL that cannot be a client ID"),
    Reason.DOCUMENT_INVALID: _("The document that describes the client is not valid"),
    Reason.DOCUMENT_READ_TOO_OFTEN: _("Too many documents were read within 15 minutes"),
    Reason.DOCUMENT_BUSY: _("Too many documents were being read at the same time"),
    Reason.DOCUMENT_NOT_PUBLIC: _("The host of the document has no public address"),
    Reason.DOCUMENT_NO_CONNECTION: _("The host of the document does not answer"),
    Reason.DOCUMENT_CERTIFICATE: _("The host of the document has no valid certificate for its name"),
    Reason.DOCUMENT_TOO_SLOW: _("The host of the document did not answer within 5 seconds"),
    Reason.DOCUMENT_BROKEN: _("The answer of the document’s host is incomplete, or is not HTTP"),
    Reason.DOCUMENT_REDIRECT: _("The document’s URL redirects, which is not followed"),
    Reason.DOCUMENT_STATUS: _("The document’s URL answers with another status than 200"),
    Reason.DOCUMENT_NOT_JSON: _("The document’s Content-Type is not application/json"),
    Reason.DOCUMENT_ENCODED: _("The document has a Content-Encoding, which is not unpacked"),
    Reason.DOCUMENT_TOO_LARGE: _("The document is larger than 10 kB"),
    # What an authorization request asks for
    Reason.RESPONSE_TYPE_MISSING: _("response_type is missing."),
    Reason.RESPONSE_TYPE_UNSUPPORTED: _("Only response_type=code is supported."),
    Reason.RESPONSE_MODE_UNKNOWN: _("response_mode must be query, fragment or form_post."),
    Reason.RESPONSE_MODE_CANNOT_POST: _("response_mode=form_post needs a redirect URL with https or http."),
    Reason.RESPONSE_MODE_CANNOT_CARRY_STATE: _(
        "response_mode=form_post cannot carry control characters in state."
    ),
    Reason.CODE_GRANT_NOT_REGISTERED: _("This client is not registered for signing people in."),
    Reason.REQUEST_OBJECT: _("Request objects are not supported."),
    Reason.CODE_CHALLENGE_MISSING: _("code_challenge is missing: PKCE is required."),
    Reason.CODE_CHALLENGE_METHOD_UNSUPPORTED: _("code_challenge_method must be S256."),
    Reason.CODE_CHALLENGE_MALFORMED: _("code_challenge must be 43 characters of base64url."),
    Reason.NONCE_MISSING: _("Without PKCE, openid and nonce are required."),
    Reason.NONCE_CANNOT_BE_KEPT: _("nonce must have at most 255 characters, and no NUL."),
    Reason.PROMPT_CONTRADICTS_ITSELF: _("prompt=none cannot be combined with another value."),
    Reason.MAX_AGE_NOT_A_NUMBER: _("max_age must be a number of seconds."),
    Reason.LOGIN_HINT_TOO_LONG: _("login_hint is too long."),
    Reason.UI_LOCALES_TOO_LONG: _("ui_locales is too long."),
    Reason.ID_TOKEN_HINT_TOO_LONG: _("id_token_hint is too long."),
    Reason.ID_TOKEN_HINT_NOT_OURS: _("id_token_hint is not an ID token of this issuer."),
    Reason.SOMEBODY_ELSE_SIGNED_IN: _("Somebody else signed in than the person of id_token_hint."),
    # Scopes
    Reason.SCOPE_NAMES_NONE: _("The scope parameter names no scope."),
    Reason.SCOPE_TOO_LONG: _("The scope parameter is too long."),
    Reason.SCOPE_MALFORMED: _("The scope parameter contains characters that RFC 6749 does not allow."),
    Reason.SCOPE_NOT_ALLOWED: _("A requested scope is unknown or not allowed for this client."),
    Reason.NO_SCOPE_LEFT: _("None of the requested scopes can be given to this client."),
    Reason.SCOPES_LEFT_OUT: _(
        "Scopes that are unknown, or that the client is not registered for, are left out."
    ),
    # Resources
    Reason.RESOURCE_MALFORMED: _("resource must be an absolute URI without a fragment."),
    Reason.RESOURCE_UNKNOWN: _("resource names no API here that the client has scopes of"),
    Reason.RESOURCE_NOT_GRANTED: _("resource names an API that no scope was granted of"),
    Reason.RESOURCE_MISSING: _("scopes of several APIs were granted, and the request does not say which one"),
    Reason.RESOURCE_SENT_TWICE: _("a token is for one API, and the request names several with resource"),
    # Token requests
    Reason.GRANT_TYPE_MISSING: _("grant_type is missing."),
    Reason.GRANT_TYPE_UNSUPPORTED: _("This grant_type is not supported."),
    Reason.GRANT_NOT_REGISTERED: _("The client is not registered for this grant."),
    Reason.MACHINE_NOT_TRUSTED: _("machine grant without a trusted connection"),
    Reason.NO_SUCH_USER: _("There is no such user."),
    Reason.USER_LOOKUP_MALFORMED: _(
        "user_lookup must be a JSON object with a field (userId or subject) and a value."
    ),
    Reason.CODE_MISSING: _("Missing code parameter."),
    Reason.CODE_UNKNOWN_OR_EXPIRED: _("unknown or expired code"),
    Reason.CODE_OF_ANOTHER_CLIENT: _("code of another client"),
    Reason.CODE_OUTLIVED_ITS_CLIENT: _("client switched off since the code was given"),
    Reason.CODE_LEFT_WITHOUT_SCOPES: _("nothing left of what the code was given for"),
    Reason.CODE_REPLAYED: _("code replayed"),
    Reason.DEVICE_CODE_MISSING: _("device_code is missing."),
    Reason.DEVICE_CODE_UNKNOWN: _("unknown device code"),
    Reason.DEVICE_CODE_EXPIRED: _("expired device code"),
    Reason.TOO_MANY_DEVICE_CODES: _("Too many device codes of this client in one minute"),
    Reason.USER_CODE_UNKNOWN: _("The code that was entered for a device is unknown, expired or answered"),
    Reason.CODE_VERIFIER_MISSING: _("Code verifier required."),
    Reason.CODE_VERIFIER_MALFORMED: _("code_verifier must be 43 to 128 unreserved characters."),
    Reason.CODE_VERIFIER_WITHOUT_CHALLENGE: _("code_verifier without a challenge"),
    Reason.REDIRECT_URI_NOT_OF_CODE: _("redirect_uri is not the one of the code."),
    Reason.REFRESH_TOKEN_MISSING: _("Missing refresh token parameter."),
    Reason.REFRESH_TOKEN_UNKNOWN: _("unknown refresh token"),
    Reason.REFRESH_TOKEN_OF_ANOTHER_CLIENT: _("refresh token of another client"),
    Reason.REFRESH_TOKEN_ENDED: _("refresh token used, expired or ended"),
    Reason.REFRESH_TOKEN_REUSED: _("refresh token reused"),
    Reason.CODE_OR_TOKEN_UNUSABLE: _(
        "The code or token is unknown, used, expired or was given to another client."
    ),
    Reason.CANNOT_BE_CARRIED_OUT: _("The request cannot be carried out."),
    # Tokens that are presented
    Reason.TOKEN_MISSING: _("token is missing."),
    Reason.ACCESS_TOKEN_ENDED: _("access token ended"),
    Reason.ACCESS_TOKEN_NOT_OURS: _("not an access token of this tenant"),
    Reason.ACCESS_TOKEN_FOR_AN_API: _("the access token is for another API"),
    # Registrations (RFC 7591, RFC 7592)
    Reason.REGISTRATION_TOKEN_MISSING: _("It had no token, and needs one."),
    Reason.REGISTRATION_TOKEN_UNKNOWN: _("It had no initial access token of this tenant."),
    Reason.REGISTRATION_TOKEN_USED_UP: _(
        "The initial access token has registered as many clients as it may."
    ),
    Reason.REGISTRATION_TOKEN_EXPIRED: _("The initial access token has expired."),
    Reason.REGISTRATION_TOKEN_WITHOUT_ADMINISTRATOR: _(
        "Whoever made the initial access token is no longer an administrator who can sign in."
    ),
    Reason.REGISTRATION_ACCESS_TOKEN_UNKNOWN: _("The token is not the one of this registration."),
    Reason.REGISTRATION_OFF: _("Registration is switched off in this tenant."),
    Reason.REGISTRATIONS_TOO_MANY: _("As many clients have registered themselves as may."),
    Reason.REGISTRATIONS_TOO_FAST: _("Too many clients wanted to register within 15 minutes."),
    Reason.REGISTRATION_METADATA_INVALID: _("What it said about itself cannot be registered."),
    Reason.REGISTRATION_REDIRECT_URI_INVALID: _("A redirect URL may not be registered."),
    Reason.REGISTRATION_REDIRECT_HOST_NOT_ALLOWED: _(
        "A redirect URL is on a host that the initial access token does not allow."
    ),
    Reason.REGISTRATION_SOFTWARE_STATEMENT: _("It had a software statement, which is not accepted."),
    # Sign-in and sign-out
    Reason.WRONG_EMAIL_OR_PASSWORD: _("wrong email or password"),
    Reason.DEAD_LINK: _("one-time link does not work"),
    Reason.TOO_MANY_FAILED_ATTEMPTS: _("too many failed attempts"),
    Reason.SIGN_OUT_URL_MISMATCH: _(
        "The user was not sent back: the address is not a sign-out URL of the client"
    ),
    # Any of them
    Reason.OTHERS: _("Too many different rejections in one minute to list one by one"),
}


def known(stored: object) -> Reason | None:
    """The reason that `stored`, of an event of any age, stands for; None if it is no reason of this server's."""
    if not isinstance(stored, str):
        return None
    try:
        return Reason(stored)
    except ValueError:
        return EARLIER.get(stored)


def in_words(stored: str) -> str:
    """A reason in the reader's language. What is no reason of this server's stays as it was written."""
    reason = known(stored)
    return stored if reason is None else str(SENTENCES[reason])


def stored_as(text: str) -> list[str]:
    """Everything that an event may have stored for a reason whose words contain `text`, in either case.

    The words are those of the reader's language and the English ones.
    """
    found = _mentioning(text)
    with translation.override("en"):
        found |= _mentioning(text)
    return [*sorted(found), *(sentence for sentence, reason in EARLIER.items() if reason in found)]


def _mentioning(text: str) -> set[Reason]:
    return {reason for reason, words in SENTENCES.items() if text.casefold() in str(words).casefold()}
