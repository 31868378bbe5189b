"""E-mail about what waits for somebody or has been answered. Sent after the act; a mail that fails never undoes one."""

import logging

from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from .models import ConnectionRequest, User

log = logging.getLogger(__name__)
TIMEOUT = 10  # seconds: a mail server that hangs must not hold a page


def tell_administrators(request: ConnectionRequest) -> None:
    """A new request waits: every administrator of the tenant is told."""
    administrators = User.objects.filter(role=User.Role.ADMINISTRATOR, is_active=True)
    _send(
        [user.email for user in administrators],
        _("%(client)s: somebody asks you to connect it") % {"client": _one_line(request.client.name)},
        "approvals/mail_request.txt",
        {"request": request, "address": f"{request.tenant.issuer}/console/requests"},
    )


def tell_requesters(request: ConnectionRequest) -> None:
    """A request was answered: those who asked are told."""
    _send(
        list(request.requesters.filter(user__is_active=True).values_list("user__email", flat=True)),
        _("%(client)s: your request has been answered") % {"client": _one_line(request.client.name)},
        "approvals/mail_answer.txt",
        {"request": request, "address": f"{request.tenant.issuer}/account/requests"},
    )


def _send(to: list[str], subject: str, template: str, context: dict[str, object]) -> None:
    """One mail to each, so that nobody learns who else is told. The language is the one of the page that caused it."""
    body = render_to_string(template, context | {"language": translation.get_language()})
    mails = [EmailMessage(subject, body, to=[address]) for address in to]
    try:
        get_connection(timeout=TIMEOUT).send_messages(mails)
    except Exception:
        log.exception("A notification could not be sent.")


def _one_line(name: str) -> str:
    return " ".join(name.split())[:100]
