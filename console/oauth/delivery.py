"""How an authorization response is sent to the application: in the query, the fragment or a posted form.

OAuth 2.0 Multiple Response Type Encoding Practices §2.1; OAuth 2.0 Form Post Response Mode.
"""

from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse
from django.shortcuts import render
from oauth2_provider.http import OAuth2ResponseRedirect
from oauthlib.common import add_params_to_qs

from ..http.browser_rules import allow_form_targets
from ..http.requests import TenantRequest
from .authorization_request import AuthorizationRequest
from .metadata import ResponseMode

Pairs = list[tuple[str, str]]


def deliver(request: TenantRequest, asked: AuthorizationRequest, answer: Pairs) -> HttpResponse:
    """The response that takes `answer` to the redirect URL, in the mode that the application asked for."""
    if asked.response_mode is ResponseMode.FORM_POST:
        return _form(request, asked, answer)
    in_fragment = asked.response_mode is ResponseMode.FRAGMENT
    return leave(request, with_answer(asked.redirect_uri, answer, fragment=in_fragment))


def with_answer(redirect_uri: str, answer: Pairs, *, fragment: bool = False) -> str:
    """A registered address with the answer added to its query, or as its fragment (RFC 6749 §3.1.2, §4.1.2).

    What stands before the query is not taken apart and put together again: oauthlib would make `myapp:/callback` of
    `myapp:///callback`, which is another address.
    """
    if fragment:
        return f"{redirect_uri}#{urlencode(answer)}"
    place, _, query = redirect_uri.partition("?")
    return f"{place}?{add_params_to_qs(query, answer)}"


def leave(request: TenantRequest, location: str) -> HttpResponse:
    """A redirect to an address that has been found to be registered, whatever its scheme.

    After a form it is 303, so that no browser sends the form on (RFC 9700 §4.12).
    """
    response = OAuth2ResponseRedirect(location, [urlsplit(location).scheme])
    response.status_code = 303 if request.method == "POST" else 302
    return response


def _form(request: TenantRequest, asked: AuthorizationRequest, answer: Pairs) -> HttpResponse:
    """A page whose form a script sends, or the person. The view that answers with it is never cached."""
    context = {"client": asked.client, "redirect_uri": asked.redirect_uri, "answer": answer}
    response = render(request, "consent/form_post.html", context)
    allow_form_targets(response, asked.redirect_uri)
    return response
