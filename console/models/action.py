"""What can happen in a tenant: the vocabulary of the audit log (Q8, P8)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    """What can happen: noun, dot, past participle. The label is the short name in the audit log."""

    TENANT_CREATED = "tenant.created", _("Tenant created")
    TENANT_MOVED = "tenant.moved", _("Canonical host changed")
    TENANT_HOST_ADDED = "tenant.host_added", _("Host added")
    TENANT_HOST_REMOVED = "tenant.host_removed", _("Host removed")
    SIGNING_KEY_ROTATED = "signing_key.rotated", _("Signing key rotated")
    USER_CREATED = "user.created", _("User created")
    USER_LINK_CREATED = "user.link_created", _("One-time link created")
    USER_EMAIL_VERIFIED = "user.email_verified", _("Email address verified")
    USER_PASSWORD_SET = "user.password_set", _("Password set")
    USER_PASSWORD_RESET = "user.password_reset", _("Password reset")
    USER_ROLE_CHANGED = "user.role_changed", _("Role changed")
    USER_DISABLED = "user.disabled", _("User disabled")
    USER_ENABLED = "user.enabled", _("User enabled")
    USER_SESSIONS_ENDED = "user.sessions_ended", _("All sessions of a user ended")
    USER_ERASED = "user.erased", _("Person erased from the audit log")
    USER_UPDATED = "user.updated", _("User edited")
    USER_GRANTS_WITHDRAWN = "user.grants_withdrawn", _("All grants of a user revoked")
    INVITATION_SENT = "invitation.sent", _("Invitation sent")
    INVITATION_RESENT = "invitation.resent", _("Invitation sent again")
    INVITATION_WITHDRAWN = "invitation.withdrawn", _("Invitation withdrawn")
    INVITATION_ACCEPTED = "invitation.accepted", _("Invitation accepted")
    GROUP_CREATED = "group.created", _("Group created")
    GROUP_UPDATED = "group.updated", _("Group edited")
    GROUP_DELETED = "group.deleted", _("Group deleted")
    GROUP_MEMBER_ADDED = "group.member_added", _("Person added to a group")
    GROUP_MEMBER_REMOVED = "group.member_removed", _("Person removed from a group")
    SESSION_STARTED = "session.started", _("Signed in")
    SESSION_REFUSED = "session.refused", _("Sign-in failed")
    SESSION_ENDED = "session.ended", _("Signed out")
    CLIENT_CREATED = "client.created", _("Client created")
    CLIENT_UPDATED = "client.updated", _("Client edited")
    CLIENT_DISABLED = "client.disabled", _("Client disabled")
    CLIENT_ENABLED = "client.enabled", _("Client enabled")
    CLIENT_PUBLISHED = "client.published", _("Client published")
    CLIENT_UNPUBLISHED = "client.unpublished", _("Client unpublished")
    CLIENT_CONNECTED = "client.connected", _("Another tenant connected")
    CLIENT_DISCONNECTED = "client.disconnected", _("Another tenant disconnected")
    CLIENT_DELETED = "client.deleted", _("Client deleted")
    CLIENT_RESTORED = "client.restored", _("Client restored")
    CLIENT_REGISTERED = "client.registered", _("Client registered itself")
    CLIENT_EXPIRED = "client.expired", _("Unused client deleted")
    REGISTRATION_CHANGED = "registration.changed", _("Registration policy changed")
    REGISTRATION_REFUSED = "registration.refused", _("Registration rejected")
    REGISTRATION_TOKEN_CREATED = "registration.token_created", _("Initial access token created")
    REGISTRATION_TOKEN_REMOVED = "registration.token_removed", _("Initial access token removed")
    SECRET_CREATED = "secret.created", _("Secret created")
    SECRET_REMOVED = "secret.removed", _("Secret removed")
    CONNECTION_REQUESTED = "connection.requested", _("Connection requested")
    CONNECTION_DENIED = "connection.denied", _("Connection denied")
    CONNECTION_APPROVED = "connection.approved", _("Connection approved")
    CONNECTION_UPDATED = "connection.updated", _("Connection changed")
    CONNECTION_ACCEPTED = "connection.accepted", _("New version accepted")
    CONNECTION_BLOCKED = "connection.blocked", _("Connection blocked")
    CONNECTION_UNBLOCKED = "connection.unblocked", _("Connection unblocked")
    CONNECTION_REMOVED = "connection.removed", _("Connection removed")
    CONNECTION_CHANGED_BY_OWNER = "connection.changed_by_owner", _("Changed by the publisher")
    OUTSIDE_CLIENTS_DECIDED = "outside_clients.decided", _("Rule for outside clients changed")
    CONSENT_GIVEN = "consent.given", _("Consent given")
    CONSENT_DENIED = "consent.denied", _("Consent denied")
    CONSENT_WITHDRAWN = "consent.withdrawn", _("Consent revoked")
    DEVICE_ALLOWED = "device.allowed", _("Device allowed")
    DEVICE_DENIED = "device.denied", _("Device denied")
    AUTHORIZATION_REFUSED = "authorization.refused", _("Authorization request rejected")
    AUTHORIZATION_NARROWED = "authorization.narrowed", _("Scopes left out")
    TOKENS_ISSUED = "tokens.issued", _("Tokens issued")
    TOKENS_REFUSED = "tokens.refused", _("Token request rejected")
    TOKENS_REUSED = "tokens.reused", _("Reuse detected")
    TOKENS_REVOKED = "tokens.revoked", _("Tokens revoked")
    SESSIONS_ENDED = "tokens.ended", _("Sessions ended")
    API_CREATED = "api.created", _("API registered")
    API_UPDATED = "api.updated", _("API edited")
    API_PUBLISHED = "api.published", _("API published")
    API_UNPUBLISHED = "api.unpublished", _("API unpublished")
    API_REMOVED = "api.removed", _("API removed")
    API_SECRET_CREATED = "api.secret_created", _("Secret of an API created")
    API_SECRET_REMOVED = "api.secret_removed", _("Secret of an API removed")
    API_REFUSED = "api.refused", _("API call rejected")  # of our own REST API
    MAIL_FAILED = "mail.failed", _("Email not sent")


REFUSALS = frozenset(
    {
        Action.SESSION_REFUSED,
        Action.AUTHORIZATION_REFUSED,
        Action.TOKENS_REFUSED,
        Action.TOKENS_REUSED,
        Action.CONSENT_DENIED,
        Action.DEVICE_DENIED,
        Action.API_REFUSED,
        Action.REGISTRATION_REFUSED,
    }
)

# What people and programs do by themselves, day by day. Everything else that is no refusal is a change: somebody has
# decided it.
_USE = frozenset(
    {
        Action.SESSION_STARTED,
        Action.SESSION_ENDED,
        Action.CONNECTION_REQUESTED,
        Action.CONSENT_GIVEN,
        Action.CONSENT_WITHDRAWN,
        Action.DEVICE_ALLOWED,
        Action.AUTHORIZATION_NARROWED,
        Action.TOKENS_ISSUED,
        Action.TOKENS_REVOKED,
        Action.SESSIONS_ENDED,
        Action.MAIL_FAILED,
    }
)
CHANGES = frozenset(Action) - REFUSALS - _USE
