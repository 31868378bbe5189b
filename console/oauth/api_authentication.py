"""An API authenticates when it asks about a token (RFC 7662 §2.1): with the credentials that it has for that alone.

They are no OAuth client: no other endpoint knows them. Their prefix tells them from a client's secret.
"""

from collections.abc import Mapping

from django.utils import timezone

from ..models import ApiSecret, PresentedApiSecret, Tenant
from ..policy import credentials
from ..policy.reasons import Reason
from .authentication_outcome import failed
from .client_authentication import basic_credentials


def calling_api(tenant: Tenant, authorization: str, sent: Mapping[str, str]) -> PresentedApiSecret | None:
    """The API that calls, of `tenant` or published; None if what is presented is no secret of an API.

    HTTP Basic, or `client_id` and `client_secret` in the body. Whoever sends both is left to client_authentication.py,
    which refuses it. Raises OAuthError("invalid_client").
    """
    basic, in_body = basic_credentials(authorization), sent.get("client_secret")
    if (basic is None) == (in_body is None):
        return None
    named, secret = basic if basic is not None else (sent.get("client_id"), in_body or "")
    if not secret.startswith(credentials.Prefix.API_SECRET):
        return None
    found = ApiSecret.presented(tenant.pk, secret)
    if found is None:
        raise failed(Reason.UNKNOWN_SECRET)
    if {named, sent.get("client_id")} - {None, found.introspection_client_id}:
        raise failed(Reason.SECRET_OF_ANOTHER_CLIENT, details={"resource": found.identifier})
    found.note_use(timezone.now())
    return found
