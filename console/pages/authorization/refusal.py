"""What a person reads when an application cannot be answered: what happened, what can be done, and what its developer
needs to know. The reasons are those of `Unanswerable`.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ...http.requests import TenantRequest
from ...models import Tenant, client_rules
from ...oauth.authorization_request import Unanswerable
from ...policy import metadata_documents, text
from ...policy.metadata_documents import InvalidDocument
from ...policy.reasons import Reason
from ..refusal_reasons import SENTENCES, in_words

LONGEST_NAME, LONGEST_ADDRESS = 120, 512

ASK_ITS_OWNER = _(
    "Nothing is wrong with your account, and trying again won’t help. Contact the people who run this "
    "application."
)
ASK_AN_ADMINISTRATOR = _(
    "Nothing is wrong with your account. One of your tenant administrators can change this in the console."
)


@dataclass(frozen=True, slots=True)
class RefusalWords:
    """The sentences of one reason. `{application}` and `{tenant}` stand for names."""

    happened: Promise
    developers: Promise | str
    advice: Promise = ASK_ITS_OWNER


WORDS: dict[Reason, RefusalWords] = {
    Reason.NO_CLIENT: RefusalWords(
        _("The application that sent you here did not identify itself."),
        _("client_id is missing."),
    ),
    Reason.UNKNOWN_CLIENT: RefusalWords(
        _("The application that sent you here is not known at {tenant}."),
        _(
            "No client of this tenant has this client_id. Was it deleted, or does it belong to another tenant "
            "or region?"
        ),
    ),
    Reason.CLIENT_WITHDRAWN: RefusalWords(
        _("The publisher of <bdi>{application}</bdi> no longer offers it to {tenant}."),
        _("The client was unpublished or deleted by the tenant that it belongs to."),
    ),
    Reason.CLIENT_DISABLED: RefusalWords(
        _("<bdi>{application}</bdi> is disabled."),
        _("The client is disabled. The audit log shows who disabled it."),
        _("A tenant administrator can enable it again. Nothing is wrong with your account."),
    ),
    Reason.CONNECTION_BLOCKED: RefusalWords(
        _("An administrator of {tenant} has blocked <bdi>{application}</bdi>."),
        _("The connection of this tenant to the client is blocked."),
        ASK_AN_ADMINISTRATOR,
    ),
    Reason.APPROVAL_EXPIRED: RefusalWords(
        _("The approval of <bdi>{application}</bdi> by {tenant} has expired."),
        _("This tenant’s approval of the client had an end date, which has passed."),
        ASK_AN_ADMINISTRATOR,
    ),
    Reason.GRANT_NOT_REGISTERED: RefusalWords(
        _("<bdi>{application}</bdi> may not sign you in on another device."),
        _(
            "The client is not registered for the device grant (RFC 8628), or this tenant has not approved that it is."
        ),
    ),
    Reason.CODE_LEFT_WITHOUT_SCOPES: RefusalWords(
        _("<bdi>{application}</bdi> may not have any more what it asked for."),
        _("Of the scopes that the device asked for, the client has none left."),
    ),
    Reason.NO_REDIRECT_URI: RefusalWords(
        _("<bdi>{application}</bdi> did not send a redirect URL, and more than one is registered for it."),
        _("redirect_uri may only be left out if the client has exactly one."),
    ),
    Reason.REDIRECT_URI_MISMATCH: RefusalWords(
        _(
            "<bdi>{application}</bdi> sent a redirect URL that is not registered for it. Nothing was sent "
            "to that URL."
        ),
        _(
            "redirect_uri must be identical to a redirect URL of the client, character by character. Any "
            "port is allowed for http://127.0.0.1, http://[::1] and http://localhost."
        ),
    ),
    Reason.REDIRECT_URI_NOT_ACCEPTED: RefusalWords(
        _(
            "<bdi>{application}</bdi> sent a redirect URL that {tenant} has not accepted yet. Nothing was "
            "sent to that URL."
        ),
        _(
            "redirect_uri is registered, but on a host that this tenant’s administrator has not accepted "
            "yet. The new version is waiting in the console."
        ),
        ASK_AN_ADMINISTRATOR,
    ),
    Reason.NOT_CONNECTED: RefusalWords(
        _(
            "<bdi>{application}</bdi> is not connected to {tenant} yet, and its request has an error. "
            "Nothing was sent to it."
        ),
        _(
            "Until an administrator of this tenant has connected the client, errors are shown here and not sent to it."
        ),
    ),
    Reason.NOT_CONNECTED_SILENT: RefusalWords(
        _("<bdi>{application}</bdi> is not connected to {tenant} yet. Nothing was sent to it."),
        _(
            "With prompt=none, no administrator can be asked to connect the client. Until it is connected, "
            "no error is sent to it."
        ),
        _("Open the application and sign in there. You can then ask an administrator to connect it."),
    ),
    Reason.CONNECTION_DENIED: RefusalWords(
        _("You decided not to connect <bdi>{application}</bdi> to {tenant}. Nothing was sent to it."),
        _("Nothing is sent to a client until an administrator of this tenant has connected it."),
        _("You can close this page. If you change your mind, open the application and sign in there again."),
    ),
    Reason.REPEATED_PARAMETER: RefusalWords(
        _("The application that sent you here sent an invalid request."),
        _("client_id and redirect_uri may be sent only once."),
    ),
}

_UNREADABLE = _(
    "The document that describes the application at {host} cannot be read. Nothing was sent to it."
)
_LATER = _("Try again in a few minutes. If it still fails, contact the people who run this application.")
_PASSES = frozenset(
    {
        Reason.DOCUMENT_BUSY,
        Reason.DOCUMENT_NO_CONNECTION,
        Reason.DOCUMENT_TOO_SLOW,
        Reason.DOCUMENT_BROKEN,
        Reason.DOCUMENT_STATUS,
    }
)
# Why a document was not read is told to developers as the audit log tells it.
WORDS |= {
    reason: RefusalWords(_UNREADABLE, SENTENCES[reason], _LATER if reason in _PASSES else ASK_ITS_OWNER)
    for reason in Reason
    if reason.startswith("document_")
} | {
    Reason.DOCUMENTS_OFF: RefusalWords(
        _("{tenant} does not allow applications that are only known by a document at {host}."),
        _("This tenant takes no client ID metadata documents. Its metadata says so."),
        ASK_AN_ADMINISTRATOR,
    ),
    Reason.DOCUMENT_URL_INVALID: RefusalWords(
        _("The application that sent you here identified itself with an address that cannot be read."),
        _("client_id is a URL that cannot be the URL of a client ID metadata document."),
    ),
    Reason.DOCUMENT_INVALID: RefusalWords(
        _("The document that describes the application at {host} is not valid. Nothing was sent to it."),
        _("The client ID metadata document breaks a rule."),
    ),
    Reason.DOCUMENT_READ_TOO_OFTEN: RefusalWords(
        _("Too many unknown applications have been opened in a short time."),
        SENTENCES[Reason.DOCUMENT_READ_TOO_OFTEN],
        _("Try again in 15 minutes."),
    ),
}


def page(request: TenantRequest, refusal: Unanswerable, status: int = 200) -> HttpResponse:
    """The page that says why."""
    host = metadata_documents.host_of(request.GET.get("client_id", ""))
    return render(request, "consent/refused.html", _context(request.tenant, refusal, host), status=status)


def _context(tenant: Tenant, refusal: Unanswerable, host: str) -> dict[str, Any]:
    words = WORDS.get(refusal.reason) or RefusalWords(
        WORDS[Reason.REPEATED_PARAMETER].happened, in_words(refusal.reason)
    )
    name = refusal.client.name if refusal.client is not None else host
    shown = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    return {
        "happened": format_html(str(words.happened), application=shown, tenant=tenant.name, host=host),
        "advice": words.advice,
        "because": in_words(refusal.because) if refusal.because else _rule(refusal.document),
        "developers": words.developers,
        "redirect_uri": text.spelt_out(refusal.redirect_uri[:LONGEST_ADDRESS]),
    }


def _rule(broken: InvalidDocument | None) -> str:
    """Which rule a document breaks, and with which of its members."""
    if broken is None:
        return ""
    sentence = client_rules.in_words(broken.problem)
    return f"{broken.member}: {sentence}" if broken.member else sentence
