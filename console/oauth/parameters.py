"""Reads parameters strictly: ambiguous or malformed ones are refused before anything is decided.

Django is forgiving (last value wins, broken escapes stay as they are); an authorization server must not be, because
two readers that disagree about one request are how codes end up in the wrong place (RFC 6749 §3.1, RFC 9700 §4).
"""

import json
import re
from urllib.parse import parse_qsl

from ..http import request_body
from ..http.request_body import MAX_LENGTH
from ..http.requests import TenantRequest
from ..policy import strict_json
from ..policy.reasons import Reason
from .errors import OAuthError

MAX_PARAMETERS = 100
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
RESOURCE = "resource"
# What specifications allow to repeat (RFC 8707 §2, RFC 8693 §2.1). `audience` is not used here, so it is not kept.
REPEATABLE = frozenset({RESOURCE, "audience"})

# What some endpoint reads. In JSON each must be text; what no endpoint reads can be anything, and is not looked at.
READ = frozenset(
    {
        "grant_type", "code", "device_code", "redirect_uri", "code_verifier", "refresh_token", "scope", "user_lookup",
        "client_id", "client_secret", "client_assertion", "client_assertion_type", "deviceType", "description",
        "token", "token_type_hint", "access_token", RESOURCE,
    }
)  # fmt: skip


class Parameters(dict[str, str]):
    """Parameters that stood once, and the names of those that stood more than once (their values are not kept).

    `resources` are all values of `resource`, each once and in their order; it is no key.
    """

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__()
        self.repeated: set[str] = set()
        self.resources: list[str] = []
        for name, value in pairs:
            if name == RESOURCE:
                if value not in self.resources:
                    self.resources.append(value)
            elif name in self or name in self.repeated:
                self.repeated.add(name)
                self.pop(name, None)
            else:
                self[name] = value
        self.repeated -= REPEATABLE


def parse(encoded: str) -> Parameters:
    """Decodes a query string or a form body. Raises OAuthError if it is malformed or ambiguous.

    A parameter without a value counts as not sent (RFC 6749 §3.1).
    """
    if len(encoded) > MAX_LENGTH:
        raise OAuthError("invalid_request", "The request is too long.", reason=Reason.REQUEST_TOO_LONG)
    if BROKEN_ESCAPE.search(encoded):
        raise OAuthError(
            "invalid_request",
            "A % is not followed by two hexadecimal digits.",
            reason=Reason.BROKEN_ESCAPE,
        )
    try:
        pairs = parse_qsl(
            encoded, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except ValueError:
        raise OAuthError(
            "invalid_request",
            "The request is not properly encoded UTF-8, or has too many parameters.",
            reason=Reason.NOT_UTF_8_OR_TOO_MANY,
        ) from None
    return Parameters([(name, value) for name, value in pairs if value])


def query(request: TenantRequest) -> Parameters:
    """The parameters of the address."""
    return parse(request.META.get("QUERY_STRING", ""))


def body(request: TenantRequest) -> Parameters:
    """The parameters of a POST: form (RFC 6749) or JSON (Qlik's libraries, Q7). Nothing may stand in the address.

    Every value is present once and has no NUL in it.
    """
    if request.META.get("QUERY_STRING"):
        raise OAuthError(
            "invalid_request",
            "Send parameters in the body, not in the address.",
            reason=Reason.PARAMETERS_IN_ADDRESS,
        )
    try:
        raw = request_body.raw(request)
    except request_body.TooLong:
        raise OAuthError(
            "invalid_request", "The request is too long.", reason=Reason.REQUEST_TOO_LONG, status=413
        ) from None
    content_type = request.content_type or FORM
    if content_type == FORM:
        parameters = parse(_text(raw))
    elif content_type == JSON:
        parameters = _json(raw)
    else:
        raise OAuthError(
            "invalid_request", f"Send {FORM} or {JSON}.", reason=Reason.UNSUPPORTED_MEDIA_TYPE, status=415
        )
    if parameters.repeated:
        # The name is the caller's own text: it goes back to the caller, and not into the audit log.
        raise OAuthError(
            "invalid_request",
            f"Repeated parameter: {min(parameters.repeated)[:50]}.",
            reason=Reason.PARAMETER_SENT_TWICE,
        )
    if any("\0" in value for value in (*parameters.values(), *parameters.resources)):
        raise OAuthError(
            "invalid_request", "A parameter contains a NUL character.", reason=Reason.NUL_CHARACTER
        )
    return parameters


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise OAuthError(
            "invalid_request", "The request is not properly encoded UTF-8.", reason=Reason.NOT_UTF_8
        ) from None


def decode_json(sent: bytes | str, error: str = "invalid_request") -> object:
    """Unambiguous JSON, by the same rules as in the REST API. Raises OAuthError, with the code `error`, for anything
    else.

    The sentence can repeat the caller's own text: it goes back to the caller, and not into the audit log.
    """
    try:
        return strict_json.decode(sent)
    except strict_json.InvalidJSON as refused:
        raise OAuthError(error, str(refused), reason=refused.reason) from None


def _json(raw: bytes) -> Parameters:
    decoded = decode_json(raw)
    if not isinstance(decoded, dict):
        raise OAuthError(
            "invalid_request", "The body must be a JSON object.", reason=Reason.NOT_A_JSON_OBJECT
        )
    pairs: list[tuple[str, str]] = []
    for name, value in decoded.items():
        if value is None or value == "" or (name not in READ and not isinstance(value, str)):
            continue
        if name == "user_lookup" and isinstance(value, dict):
            value = json.dumps(value)
        if name == RESOURCE and isinstance(value, list) and all(isinstance(one, str) for one in value):
            pairs += [(name, one) for one in value if one]
            continue
        if not isinstance(value, str):
            raise OAuthError(
                "invalid_request",
                f"The parameter {name} must be a string.",
                reason=Reason.PARAMETER_NOT_A_STRING,
            )
        pairs.append((name, value))
    return Parameters(pairs)
