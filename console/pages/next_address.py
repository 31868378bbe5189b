"""The page to go to after signing in or changing a preference: on this host only."""

from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from ..http.addresses import AUTHORIZE_PATH
from ..http.tenancy import current_tenant
from ..models import Connection
from ..policy import metadata_documents, text
from ..policy.effective_client import EffectiveClient

MAX_LENGTH = 16_000  # an authorization request with a long state fits; nothing sensible is longer


def next_address(request: HttpRequest) -> str | None:
    """The `next` parameter if it leads to this very host, else None (ASVS 3.7.2)."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    # Only what stands before the query decides where an address leads, and Django judges no more than 2,048 characters.
    place, _, _ = address.partition("?")
    complete = (
        place.startswith("/") or "://" in place
    )  # anything else `redirect` would take for the name of a view
    safe = (
        complete
        and len(address) <= MAX_LENGTH
        and url_has_allowed_host_and_scheme(
            place, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )
    )
    return address if safe else None


def _authorization_request(address: str) -> dict[str, str]:
    """The parameters of the authorization request that `address` is; empty if it is something else."""
    parts = urlsplit(address)
    if parts.path != AUTHORIZE_PATH:
        return {}
    try:
        parameters = parse_qs(parts.query, max_num_fields=100)
    except ValueError:
        return {}
    return {name: values[0] for name, values in parameters.items()}


def waiting_client(address: str) -> EffectiveClient | None:
    """The application whose authorization request waits at `address`, if one does and this tenant knows it."""
    client_id = _authorization_request(address).get("client_id", "")
    return Connection.to_client(current_tenant(), client_id) if client_id and "\0" not in client_id else None


def waiting_host(address: str) -> str:
    """The host of the document that describes the application whose authorization request waits at `address`; "" if it
    names none. It is not known yet who that is: nothing is read before somebody has signed in."""
    return metadata_documents.host_of(_authorization_request(address).get("client_id", ""))


def redirect_uri_of(address: str, client: EffectiveClient | None) -> str:
    """Where the authorization request that waits at `address` will send the person, "" if nowhere."""
    only = (client.default_redirect_uri if client else None) or ""
    return _authorization_request(address).get("redirect_uri", only)


def login_hint_of(request: HttpRequest, address: str) -> str:
    """The address that the application expects to sign in (`login_hint`, OpenID Connect Core §3.1.2.1)."""
    hint = request.GET.get("login_hint") or _authorization_request(address).get("login_hint", "")
    return "" if text.is_refused(hint[:254]) else hint[:254]
