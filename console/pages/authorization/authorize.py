"""`/oauth/authorize`: each outcome of an authorization request becomes a page or a redirect (RFC 6749 §4.1)."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from ...http import expired_forms
from ...http.access import open_to
from ...http.addresses import AUTHORIZE_PATH
from ...http.browser_rules import allow_form_targets
from ...http.requests import TenantRequest
from ...oauth import authorization, parameters
from ...oauth.answers import Standing
from ...oauth.delivery import as_link, redirected
from ...oauth.errors import OAuthError
from ...oauth.outcome import Again, Answered, AskForConsent, Connect, Outcome, Refused, SignIn
from . import connecting, consent, refusal


@open_to("anyone: it asks for a sign-in itself")
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # an application may POST its request (OpenID Connect Core §3.1.2.1); a decision is protected below
@never_cache
def authorize(request: TenantRequest) -> HttpResponse:
    """Answers an authorization request: with a page, or with a redirect to the application."""
    # A body of any other kind than a plain form must not be touched before it is judged.
    plain_form = request.method == "POST" and request.content_type == parameters.FORM
    if plain_form and "decision" in request.POST:
        return decide(request)
    if request.method != "POST":
        judged: Outcome | None = getattr(request, "outcome", None)  # by AnsweredAtOnceMiddleware
        return drawn(request, judged or authorization.outcome(request))
    try:
        return as_link(request, AUTHORIZE_PATH)
    except OAuthError as error:  # unreadable: no client can be made out
        return drawn(request, authorization.unreadable(request, error))


@csrf_protect
def decide(request: TenantRequest) -> HttpResponse:
    """A page of ours was answered: Allow or Deny, Approve or Ask."""
    return drawn(request, authorization.outcome(request, decision=request.POST["decision"]))


def drawn(request: TenantRequest, outcome: Outcome) -> HttpResponse:
    """The page or the redirect of an outcome."""
    match outcome:
        case Answered():
            return _delivered(request, outcome)
        case SignIn():
            return _sign_in(request, outcome)
        case AskForConsent():
            return _consent(request, outcome)
        case Connect():
            return connecting.settle(request, outcome)
        case Again():
            return connecting.again(request)
        case Refused():
            return refusal.page(request, outcome.why, status=400)


def _delivered(request: TenantRequest, answered: Answered) -> HttpResponse:
    """The answer on its way to the redirect URL, in the mode that the application asked for.

    A form is sent by a script, or by the person.
    """
    if (redirect_ := redirected(request, answered)) is not None:
        return redirect_
    asked = answered.asked
    context = {"client": asked.client, "redirect_uri": asked.redirect_uri, "answer": answered.parameters}
    response = render(request, "consent/form_post.html", context)
    allow_form_targets(response, asked.redirect_uri)
    return response


def _sign_in(request: TenantRequest, outcome: SignIn) -> HttpResponse:
    """To the sign-in page, and back here afterwards. What was filled in meanwhile is not lost on the way."""
    asked = outcome.asked
    query = {"next": f"{AUTHORIZE_PATH}?{request.META.get('QUERY_STRING', '')}"}
    query |= {
        name: asked.parameters[name] for name in ("login_hint", "ui_locales") if name in asked.parameters
    }
    if asked.user is not None:
        query["switch"] = "1"
    address = f"{resolve_url('login')}?{urlencode(query)}"
    if request.method == "POST" and expired_forms.holds_entries(request):
        return expired_forms.session_ended(request, sign_in=address)
    response = redirect(address)
    response.status_code = 303 if request.method == "POST" else 302
    return response


def _consent(request: TenantRequest, outcome: AskForConsent) -> HttpResponse:
    context = consent.context(outcome.asked, outcome.question) | {
        "shown": outcome.shown.token(),
        "changed": outcome.standing in {Standing.GOOD, Standing.CHANGED},
        "used": outcome.standing is Standing.USED,
        "full_path": request.get_full_path(),
    }
    response = render(request, "consent/consent.html", context)
    allow_form_targets(response, outcome.asked.redirect_uri)
    return response
