"""Everything that can go wrong, as one exception with words for the person who reads the page."""

from __future__ import annotations

REASONS = {
    "access_denied": "Access was denied. Nothing was shared with this application.",
    "invalid_grant": "The code or token is no longer valid: it has expired, was used before, or was "
    "withdrawn. Sign in again.",
    "invalid_client": "The server does not recognise this application: its client ID or client secret is "
    "wrong or was removed.",
    "invalid_scope": "This application asked for a scope that it is not allowed to have.",
    "unauthorized_client": "This application may not do that.",
    "temporarily_unavailable": "The server is busy. Try again in a moment.",
    "issuer_mismatch": "The answer came from another server than the one that was asked, so it was thrown "
    "away.",
    "mismatching_state": "This answer does not belong to a sign-in that was started in this browser, or it "
    "was used before.",
    "invalid_id_token": "The ID token is not valid, so nobody was signed in.",
    "no_refresh_token": "The server gave no refresh token, or it was withdrawn.",
    "not_signed_in": "You are not signed in here any more.",
    "unreachable": "It did not answer, or its answer could not be understood. Is it running at {server}?",
    "wrong_issuer": "The server at {server} says that its name is another one. Check ISSUER.",
}
"""By error code: those of RFC 6749 and OpenID Connect, and some of this application's own."""

OTHER = "The server answered with an error."


class Refused(Exception):
    """The authorization server said no, or its answer cannot be trusted.

    `error` is the code, `description` the server's own words (untrusted text), `title` the page's heading.
    """

    status = 400

    def __init__(self, error: str, description: str = "", title: str = "The request was refused") -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.title = title

    @property
    def reason(self) -> str:
        return REASONS.get(self.error, OTHER)


class Unreachable(Refused):
    """The authorization server did not answer, or not with what the protocol asks for."""

    status = 502

    def __init__(self, error: str = "unreachable") -> None:
        super().__init__(error, title="The authorization server cannot be reached")
