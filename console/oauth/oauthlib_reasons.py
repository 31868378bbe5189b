"""Why oauthlib refuses a token request, where nothing of ours has said so in `issuance(request).refusal`."""

from ..policy.reasons import Reason

DESCRIBED = {
    "Missing code parameter.": Reason.CODE_MISSING,
    "Missing refresh token parameter.": Reason.REFRESH_TOKEN_MISSING,
    "Code verifier required.": Reason.CODE_VERIFIER_MISSING,
}
# RFC 6749 §5.2 error -> reason, where oauthlib describes nothing.
OF_ERROR = {
    "invalid_grant": Reason.CODE_OR_TOKEN_UNUSABLE,
    "invalid_scope": Reason.SCOPE_NOT_ALLOWED,
    "unauthorized_client": Reason.GRANT_NOT_REGISTERED,
    "unsupported_grant_type": Reason.GRANT_TYPE_UNSUPPORTED,
}


def of(error: str, description: str | None) -> Reason:
    """The reason for oauthlib's `error` with this `description`, as far as the two tell."""
    return DESCRIBED.get(description or "") or OF_ERROR.get(error, Reason.CANNOT_BE_CARRIED_OUT)
