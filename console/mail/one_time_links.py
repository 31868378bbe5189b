"""One-time links, with which people choose a password: their address, and sending them by e-mail."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from ..models import TenantSettings, User, background
from ..policy import text

log = logging.getLogger(__name__)
TIMEOUT = 10  # seconds for a mail server to answer
SUBJECT_LENGTH = 100  # of a name in it
ON_THE_TERMINAL = "django.core.mail.backends.console.EmailBackend"


def one_time_link(user: User, token: str) -> str:
    """Where this person chooses a password, once, within three days."""
    return f"{user.tenant.issuer}{reverse('welcome', args=[user.pk])}?token={token}"


def mail_works() -> bool:
    """Whether links can be sent: not where mail is written to the terminal, because a log would keep them."""
    return bool(settings.EMAIL_BACKEND != ON_THE_TERMINAL)


def send(user: User, token: str) -> None:
    """Sends the link to this person, without waiting for the mail server. Call it when the link's event is committed.

    In the language in which they read the pages, or else of the page that causes it. A failure is logged, without
    the link.
    """
    with translation.override(user.language or translation.get_language()):
        subject = _("Choose a password for %(tenant)s") % {
            "tenant": text.one_line(user.tenant.name, SUBJECT_LENGTH)
        }
        context = {
            "tenant": user.tenant,
            "address": one_time_link(user, token),
            "support": TenantSettings.of(user.tenant).support,
        }
        body = text.spelt_out(render_to_string("members/mail_link.txt", context), text.LINE_BREAKS)
    mail = EmailMessage(subject, body, to=[user.email])
    background.beside(lambda: _deliver(mail))


def _deliver(mail: EmailMessage) -> None:
    try:
        get_connection(timeout=TIMEOUT).send_messages([mail])
    except Exception:
        log.exception("A one-time link could not be sent.")
