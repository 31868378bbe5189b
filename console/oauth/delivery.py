"""How an authorization response is sent to the application: in the query, the fragment or a posted form.

OAuth 2.0 Multiple Response Type Encoding Practices §2.1; OAuth 2.0 Form Post Response Mode.
"""

from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse, HttpResponseRedirect
from oauth2_provider.http import OAuth2ResponseRedirect
from oauthlib.common import add_params_to_qs

from ..http.requests import TenantRequest
from . import parameters
from .metadata import ResponseMode
from .outcome import Answered

Pairs = list[tuple[str, str]]


def with_answer(redirect_uri: str, answer: Pairs, *, fragment: bool = False) -> str:
    """A registered address with the answer added to its query, or as its fragment (RFC 6749 §3.1.2, §4.1.2).

    What stands before the query is not taken apart and put together again: oauthlib would make `myapp:/callback` of
    `myapp:///callback`, which is another address.
    """
    if fragment:
        return f"{redirect_uri}#{urlencode(answer)}"
    place, _, query = redirect_uri.partition("?")
    return f"{place}?{add_params_to_qs(query, answer)}"


def redirected(request: TenantRequest, answered: Answered) -> HttpResponse | None:
    """The redirect that carries an answer; None for one that goes as a form, which a page must send."""
    asked = answered.asked
    if asked.response_mode is ResponseMode.FORM_POST:
        return None
    in_fragment = asked.response_mode is ResponseMode.FRAGMENT
    return leave(request, with_answer(asked.redirect_uri, answered.parameters, fragment=in_fragment))


def leave(request: TenantRequest, location: str) -> HttpResponse:
    """A redirect to an address that has been found to be registered, whatever its scheme.

    After a form it is 303, so that no browser sends the form on (RFC 9700 §4.12).
    """
    response = OAuth2ResponseRedirect(location, [urlsplit(location).scheme])
    response.status_code = 303 if request.method == "POST" else 302
    return response


def as_link(request: TenantRequest, path: str) -> HttpResponse:
    """A request that came as a form from another site carries no session cookie: it goes on as a link, which does.

    Raises OAuthError for a body that cannot be read.
    """
    response = HttpResponseRedirect(f"{path}?{urlencode(parameters.body(request))}")
    response.status_code = 303
    return response
