"""Errors of the protocol endpoints: one body that RFC 6749 clients and Qlik's libraries both understand.

Each error has a public sentence, which the caller gets, and a private reason, which only the audit log gets.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.http import JsonResponse

from ..http.programs import problem
from ..models import Client, ClientSecret
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason

# RFC 6749 §5.2 error -> Qlik's code and title: codes seen in the wild, the rest in their pattern.
QLIK: dict[str, tuple[str, str]] = {
    "invalid_request": ("OAUTH-1", "Invalid request"),
    "invalid_client": ("OAUTH-22", "Invalid client_secret"),
    "unauthorized_client": ("OAUTH-14", "Invalid client_id"),
    "invalid_grant": ("OAUTH-3", "Invalid grant"),
    "unsupported_grant_type": ("OAUTH-4", "Unsupported grant_type"),
    "invalid_scope": ("OAUTH-5", "Invalid scope"),
    "invalid_target": ("OAUTH-8", "Invalid resource"),
    "invalid_token": ("OAUTH-6", "Invalid token"),
    "temporarily_unavailable": ("OAUTH-7", "Temporarily unavailable"),
}
NOT_IN_A_DESCRIPTION = re.compile(r"[^ !#-\[\]-~]")  # RFC 6749 §4.1.2.1, §5.2
STATUS = {"invalid_client": 401, "invalid_token": 401, "temporarily_unavailable": 503}


class OAuthError(Exception):
    """An error answer. `error` is the registered code, `description` a sentence for the developer of the client.

    A description may quote the caller: characters that RFC 6749 §5.2 does not allow in it become question marks.
    `reason` and what follows it is for the audit log alone: why, the client that is refused, whether it has proven to
    be that one, what else is known, and the secret that was presented and does not work. An error whose reason is None
    is never in the log: nothing is refused (a person must be asked), or no tenant is known whose log it could be in.
    """

    def __init__(
        self,
        error: str,
        description: str,
        *,
        reason: Reason | None,
        status: int | None = None,
        client: Client | EffectiveClient | None = None,
        proven: bool = False,
        details: Mapping[str, Any] | None = None,
        dead_secret: ClientSecret | None = None,
        nothing_presented: bool = False,
        retry_after: int = 1,
    ) -> None:
        description = NOT_IN_A_DESCRIPTION.sub("?", description)
        super().__init__(description)
        self.nothing_presented = nothing_presented
        self.retry_after = retry_after  # seconds; counts with 429 and 503
        self.error = error
        self.description = description
        self.status = status or STATUS.get(error, 400)
        self.reason = reason
        self.client, self.proven = client, proven
        self.details: Mapping[str, Any] = details or {}
        self.dead_secret = dead_secret


def response(error: OAuthError) -> JsonResponse:
    """The error as an answer, never cached, with the challenge that a 401 owes (RFC 9110 §11.6.1)."""
    code, title = QLIK.get(error.error, ("OAUTH-0", error.error.replace("_", " ").capitalize()))
    answer = problem(error.status, code, title, error.description, error=error.error)
    answer["Pragma"] = "no-cache"
    if error.error == "invalid_client":
        answer["WWW-Authenticate"] = 'Basic realm="oauth", charset="UTF-8"'
    if error.error in {"invalid_token", "insufficient_scope"}:
        # Who presented nothing is told how to, not what was wrong with it (RFC 6750 §3.1).
        why = "" if error.nothing_presented else f', error="{error.error}"'
        answer["WWW-Authenticate"] = f'Bearer realm="oauth"{why}'
    if error.status in {429, 503}:
        answer["Retry-After"] = str(error.retry_after)
    return answer
