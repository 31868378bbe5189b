"""Emails about new and answered requests: queued in the transaction of the act, sent afterwards."""

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.dispatch import receiver
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import ConnectionRequest, Mail, TenantSettings, User
from ..models.connection_request import request_answered, request_opened
from ..policy import text

SUBJECT_LENGTH = 100  # of a name in it


@receiver(request_opened)
def tell_administrators(request: ConnectionRequest, **_signal: object) -> None:
    """A new request waits: every administrator of the tenant is told."""
    _put(
        User.objects.filter(role=User.Role.ADMINISTRATOR, is_active=True),
        _("Request to connect %(client)s"),
        "approvals/mail_request.txt",
        request,
        f"{request.tenant.issuer}/console/requests",
    )


@receiver(request_answered)
def tell_requesters(request: ConnectionRequest, **_signal: object) -> None:
    """A request was answered: those who asked are told."""
    _put(
        User.objects.filter(connection_requests__request=request, is_active=True),
        _("Your request for %(client)s has been answered"),
        "approvals/mail_answer.txt",
        request,
        f"{request.tenant.issuer}/account/requests",
    )


def _put(
    to: "QuerySet[User]", subject: Promise | str, template: str, request: ConnectionRequest, address: str
) -> None:
    mails = _mails(to, subject, template, request, address)
    Mail.put(request.tenant, mails)


def _mails(
    to: Iterable[User], subject: Promise | str, template: str, request: ConnectionRequest, address: str
) -> Iterator[tuple[str, str, str]]:
    """One mail to each, so that nobody learns who else is told, in the language of whoever reads it.

    What strangers wrote can be older than the rules for it: nothing hidden reaches a mail program or a terminal.
    """
    client = {"client": text.one_line(request.client.name, SUBJECT_LENGTH)}
    context = {
        "request": request,
        "address": address,
        "support": TenantSettings.of(request.tenant).support,
    }
    texts: dict[str, tuple[str, str]] = {}  # language -> subject and body
    for person in to:
        language = person.language or translation.get_language()  # or else of the page that caused it
        if language not in texts:
            with translation.override(language):
                body = render_to_string(template, context)
                texts[language] = (str(subject) % client, text.spelt_out(body, text.LINE_BREAKS))
        yield (person.email, *texts[language])
