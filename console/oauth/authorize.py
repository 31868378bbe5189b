"""`/oauth/authorize`: the application asks, the person signs in and consents, the answer goes back (RFC 6749 §4.1).

Nothing is carried from the page to its answer in hidden fields: the question stays in the address, and each step
reads and judges it again from there.
"""

import json
from urllib.parse import urlencode

from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from ..http import expired_forms, sessions
from ..http.access import open_to
from ..http.addresses import AUTHORIZE_PATH
from ..http.browser_rules import allow_form_targets
from ..http.requests import TenantRequest
from ..models import Action, Consent, Event, NotConnected, User
from ..policy import consent_rules, redirect_uris, scopes, text
from ..policy.consent_rules import ConsentMethod, Question
from . import approval, consent_page, left_out, parameters, refusal_page, refusals
from .answers import Shown, Standing, seal, use_sign_in
from .authorization_request import AuthorizationRequest, Unanswerable
from .delivery import deliver
from .errors import OAuthError
from .rules_before_answering import read
from .rules_before_asking import judge
from .server import server


@open_to("anyone: it asks for a sign-in itself")
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # an application may POST its request (OpenID Connect Core §3.1.2.1); a decision is protected below
@never_cache
def authorize(request: TenantRequest) -> HttpResponse:
    """Answers an authorization request: with a page, or with a redirect to the application."""
    if _is_form(request) and "decision" in request.POST:
        return decide(request)
    try:
        if request.method == "POST":
            return as_link(request)
        return _answer(request)
    except OAuthError as error:  # unreadable: no client can be made out
        return _explain(request, Unanswerable(error.reason))


def _is_form(request: TenantRequest) -> bool:
    """Whether this is a POST of a plain form. A body of any other kind must not be touched before it is judged."""
    return request.method == "POST" and request.content_type == parameters.FORM


@csrf_protect
def decide(request: TenantRequest) -> HttpResponse:
    """The consent page was answered: Allow or Deny."""
    try:
        return _answer(request, decision=request.POST["decision"])
    except OAuthError as error:
        return _explain(request, Unanswerable(error.reason))


def as_link(request: TenantRequest) -> HttpResponse:
    """A request that came as a form from another site carries no session cookie: it goes on as a link, which does."""
    response = redirect(f"{AUTHORIZE_PATH}?{urlencode(parameters.body(request))}")
    response.status_code = 303
    return response


def _answer(request: TenantRequest, decision: str = "") -> HttpResponse:
    try:
        asked = read(request, request.tenant, parameters.query(request))
    except Unanswerable as refusal:
        return _explain(request, refusal)
    try:
        judge(asked)
        return _ask_the_person(request, asked, decision)
    except OAuthError as error:
        return (_explain_here if asked.first_connection else _send_error)(request, asked, error)


def _ask_the_person(request: TenantRequest, asked: AuthorizationRequest, decision: str) -> HttpResponse:
    """Sign-in, approval and consent, as far as they are needed; then the code."""
    silent = "none" in asked.prompt
    consent = Consent.of(asked.user, asked.client) if asked.user is not None else None
    question = _question(asked, consent)
    shown = _what_is_shown(request, asked, question)
    standing = _standing(request, asked, shown, decision)
    if decision == "deny" and asked.user is not None and not asked.first_connection:
        return _denied(request, asked)  # counts whatever the page said, or says by now
    if not _signed_in_well_enough(request, asked) or asked.user is None:
        if silent:
            raise OAuthError("login_required", "The person must sign in.")
        return _sign_in(request, asked, decision)
    if not question and not asked.first_connection:
        return _send_code(request, asked.user, asked, consent)
    if silent:
        raise OAuthError("consent_required", "The person must consent.")
    if asked.first_connection:
        return approval.settle(request, asked.user, asked, shown, standing)
    if standing is Standing.GOOD and decision == "allow":
        return _consented(request, asked.user, asked, question)
    return _ask_for_consent(request, asked, question, shown, standing)


def _standing(request: TenantRequest, asked: AuthorizationRequest, shown: Shown, decision: str) -> Standing:
    """What the answer is worth that came with this request. A wish for a connection may be sent and changed freely."""
    if decision in {"", expired_forms.SHOW} or asked.user is None:
        return Standing.NONE
    if decision == "ask":
        return Standing.CHANGED
    return shown.take(request.POST.get("shown", ""))


def _question(asked: AuthorizationRequest, consent: Consent | None) -> Question:
    """What the person must be asked before a code may be given."""
    if asked.first_connection:
        return Question()  # first the tenant, then the person
    return consent_rules.question(
        method=ConsentMethod(asked.client.consent_method),
        requested=asked.scopes,
        redirect_uri=asked.redirect_uri,
        confidential=asked.client.confidential,
        earlier=consent.earlier if consent else None,
        prompt_consent="consent" in asked.prompt,
        publisher=asked.client.publisher if asked.client.is_foreign else "",
    )


def _signed_in_well_enough(request: TenantRequest, asked: AuthorizationRequest) -> bool:
    """Whether the sign-in is as fresh as the application asks, and of the person that it means.

    Freshness is measured against the session, which neither an edited address nor a form that is sent again can change.
    """
    what = seal(_query(request))
    fresh = asked.wants_a_fresh_sign_in and sessions.reauthenticated(request, what)
    if asked.user is None or (asked.wants_a_fresh_sign_in and not fresh) or _is_too_long_ago(request, asked):
        return False
    if asked.subject_unknown and "none" in asked.prompt:
        return False
    if asked.subject in {None, str(asked.user.pk)}:
        return True
    if "none" not in asked.prompt and (fresh or sessions.reauthenticated(request, what)):
        raise OAuthError("login_required", "Somebody else signed in than the person of id_token_hint.")
    return False


def _is_too_long_ago(request: TenantRequest, asked: AuthorizationRequest) -> bool:
    """max_age: how old a sign-in may be (OpenID Connect Core §3.1.2.1). 0 asks for a fresh one, which is seen to."""
    if asked.max_age is None or asked.wants_a_fresh_sign_in:
        return False
    return (timezone.now() - sessions.auth_time(request)).total_seconds() > asked.max_age


def _sign_in(request: TenantRequest, asked: AuthorizationRequest, decision: str = "") -> HttpResponse:
    """To the sign-in page, and back here afterwards. What was filled in meanwhile is not lost on the way."""
    query = {"next": f"{AUTHORIZE_PATH}?{_query(request)}"}
    query |= {
        name: asked.parameters[name] for name in ("login_hint", "ui_locales") if name in asked.parameters
    }
    if asked.user is not None:
        query["switch"] = "1"
    address = f"{resolve_url('login')}?{urlencode(query)}"
    if decision and expired_forms.holds_entries(request):
        return expired_forms.session_ended(request, sign_in=address)
    response = redirect(address)
    response.status_code = 303 if request.method == "POST" else 302
    return response


def _ask_for_consent(
    request: TenantRequest,
    asked: AuthorizationRequest,
    question: Question,
    shown: Shown,
    standing: Standing,
) -> HttpResponse:
    context = consent_page.context(asked, question) | {
        "shown": shown.sealed(),
        "changed": standing in {Standing.GOOD, Standing.CHANGED},
        "used": standing is Standing.USED,
        "full_path": request.get_full_path(),
    }
    response = render(request, "consent/consent.html", context)
    allow_form_targets(response, asked.redirect_uri)
    return response


def _what_is_shown(request: TenantRequest, asked: AuthorizationRequest, question: Question) -> Shown:
    """What the page says, and to whom: an answer counts only for the page that it answers (AZ-27, N8)."""
    facts = (
        _query(request),
        str(asked.user.pk if asked.user else ""),
        asked.client.client_id,
        asked.client.name,
        asked.client.publisher,
        asked.redirect_uri,
        scopes.join(asked.scopes),
        scopes.join(question.new_scopes),
        json.dumps(asked.client.terms.as_json()) if asked.first_connection else "",
        f"{question.new_host} {question.new_publisher} {question.unproven} {question.demanded}",
        sessions.auth_time(request).isoformat(),
    )
    return Shown(asked.tenant, facts)


def _query(request: TenantRequest) -> str:
    return str(request.META.get("QUERY_STRING", ""))


def _consented(
    request: TenantRequest, user: User, asked: AuthorizationRequest, question: Question
) -> HttpResponse:
    shown = {
        "client": asked.client.name,
        "publisher": asked.client.publisher,
        "redirect_host": redirect_uris.origin_of(asked.redirect_uri),
        "scopes": list(asked.scopes),
        "new_scopes": list(question.new_scopes),
        "language": translation.get_language(),
    }
    try:
        consent = Consent.give(
            user,
            asked.client,
            asked.scopes,
            redirect_host=redirect_uris.origin_of(asked.redirect_uri),
            shown=shown,
            by=sessions.actor(request),
        )
    except NotConnected:  # removed or blocked in this very moment: what it is now is judged anew
        return approval.again(request)
    return _send_code(request, user, asked, consent)


def _denied(request: TenantRequest, asked: AuthorizationRequest) -> HttpResponse:
    Event.record(
        asked.tenant,
        Action.CONSENT_DENIED,
        by=sessions.actor(request),
        target=asked.client,
        details={"scope": scopes.join(asked.scopes)},
    )
    raise OAuthError("access_denied", "The person did not allow it.", reason="")


def _send_code(
    request: TenantRequest, user: User, asked: AuthorizationRequest, consent: Consent | None
) -> HttpResponse:
    """oauthlib makes the code from a request that contains what was judged, and nothing else."""
    what = seal(_query(request))
    if asked.wants_a_fresh_sign_in and not use_sign_in(request, what):
        return _sign_in(request, asked)  # one sign-in, one code: what the session says may be a moment old
    judged = {
        "response_type": "code",
        "client_id": asked.client.client_id,
        "redirect_uri": asked.redirect_uri,
        "scope": " ".join(asked.scopes),
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": asked.code_challenge,
        "code_challenge_method": "S256" if asked.code_challenge else "",
    }
    query = urlencode({name: value for name, value in judged.items() if value})
    answer: dict[str, str] = {}
    try:
        server().create_authorization_response(
            uri=f"{asked.tenant.issuer}{AUTHORIZE_PATH}?{query}",
            http_method="GET",
            scopes=asked.scopes,
            credentials={
                "client": asked.client,
                "user": user,
                "consent": consent,
                "settled_redirect_uri": asked.redirect_uri,
                "settled_scopes": list(asked.scopes),
                "auth_time": sessions.auth_time(request),
                "answer": answer,
                "without_pkce": not asked.code_challenge,
            },
        )
    except IntegrityError:  # the consent was withdrawn in this very moment: what it is now is judged anew
        return approval.again(request)
    sessions.answered(request, what)
    left_out.tell_owner(request, asked)
    return deliver(request, asked, list(answer.items()))


def _send_error(request: TenantRequest, asked: AuthorizationRequest, error: OAuthError) -> HttpResponse:
    """Back to the application, with state and issuer (RFC 6749 §4.1.2.1, RFC 9207)."""
    _record(request, asked, error)
    if asked.client.is_foreign:
        left_out.tell_owner(request, asked)
    answer = [("error", error.error), ("error_description", error.description)]
    if asked.state:
        answer.append(("state", asked.state))
    return deliver(request, asked, [*answer, ("iss", asked.tenant.issuer)])


def _explain_here(request: TenantRequest, asked: AuthorizationRequest, error: OAuthError) -> HttpResponse:
    """A page instead: nobody here has approved the application yet, so its address is anybody's (RFC 9700 §4.11.2).

    It learns nothing, not even whether somebody is signed in.
    """
    _record(request, asked, error)
    silent = "none" in asked.prompt and error.error in {"login_required", "consent_required"}
    if silent:
        refusal = Unanswerable("not_connected_silent", client=asked.client)
    else:
        refusal = Unanswerable("not_connected", client=asked.client, because=error.reason)
    return render(request, "consent/refused.html", refusal_page.context(asked.tenant, refusal), status=400)


def _record(request: TenantRequest, asked: AuthorizationRequest, error: OAuthError) -> None:
    """That somebody must be asked, or said no, is no refusal of ours."""
    if error.error in {"login_required", "consent_required", "access_denied"}:
        return
    Event.refuse(
        asked.tenant,
        Action.AUTHORIZATION_REFUSED,
        by=sessions.actor(request),
        reason=error.reason,
        target=asked.client,
        details={"error": error.error}
        | ({"left_out": scopes.in_short(asked.left_out)} if asked.left_out else {}),
    )


def _explain(request: TenantRequest, refusal: Unanswerable) -> HttpResponse:
    """A page for the person: the application cannot be answered."""
    Event.refuse(
        request.tenant,
        Action.AUTHORIZATION_REFUSED,
        by=sessions.actor(request),
        reason=refusal.reason,
        target=refusal.client,
        details=_what_was_sent(request, refusal),
    )
    return render(request, "consent/refused.html", refusal_page.context(request.tenant, refusal), status=400)


def _what_was_sent(request: TenantRequest, refusal: Unanswerable) -> dict[str, str]:
    """What an administrator can compare with what is registered."""
    if refusal.redirect_uri:
        return {"redirect_uri": text.spelt_out(refusal.redirect_uri[:512])}
    return refusals.claimed(request.GET.get("client_id")) if refusal.client is None else {}
