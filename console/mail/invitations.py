"""Invitations by e-mail, and where their links lead."""

from collections.abc import Iterable

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from ..models import Invitation, Mail, TenantSettings
from ..policy import text

SUBJECT_LENGTH = 100  # of a name in it


def link(invitation: Invitation, token: str) -> str:
    """Where the invited person chooses a password, once, until the invitation expires."""
    return f"{invitation.tenant.issuer}{reverse('invitation', args=[invitation.pk])}?token={token}"


def put(invitations: "Iterable[tuple[Invitation, str]]") -> None:
    """Writes the mails of new invitations of one tenant, each with its token, in the transaction of the act.

    In the language of whoever invited them: of the invited person nothing else is known.
    """
    made = list(invitations)
    support = TenantSettings.of(made[0][0].tenant).support
    mails = [(invitation.email, *_written(invitation, token, support)) for invitation, token in made]
    Mail.put(made[0][0].tenant, mails, expires_at=max(invitation.expires_at for invitation, _token in made))


def _written(invitation: Invitation, token: str, support: str) -> tuple[str, str]:
    """Subject and text. What people wrote can be older than the rules for it: nothing hidden is sent."""
    with translation.override(invitation.language or translation.get_language()):
        names = {"tenant": text.one_line(invitation.tenant.name, SUBJECT_LENGTH)}
        context = {
            "invitation": invitation,
            "tenant": invitation.tenant,
            "address": link(invitation, token),
            "support": support,
        }
        body = render_to_string("invitations/mail.txt", context)
        return _("You are invited to %(tenant)s") % names, text.spelt_out(body, text.LINE_BREAKS)
