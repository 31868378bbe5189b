"""What becomes of an authorization request: a sign-in, a question, or an answer to the application (RFC 6749 §4.1).

Nothing is drawn here: `console/pages/authorization` draws the outcome.

Nothing is carried from a page to its answer in hidden fields: the request stays in the address, and each step reads
and judges it again from there.
"""

import json
from typing import NoReturn

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone, translation

from ..http import expired_forms, sessions
from ..http.requests import TenantRequest
from ..models import Action, AuthorizationCode, Consent, Event, NotConnected, User
from ..policy import consent_rules, credentials, redirect_uris, scopes, text
from ..policy.client_problems import LONGEST_ASKED
from ..policy.consent_rules import ConsentMethod, Question
from ..policy.reasons import Reason
from . import left_out, metadata_documents, parameters, refusals, uses
from .answers import Shown, Standing, mac, use_sign_in
from .authorization_request import AuthorizationRequest, SignInFirst, Unanswerable
from .errors import OAuthError
from .outcome import Again, Answered, AskForConsent, Connect, Outcome, Refused, SignIn
from .rules_before_answering import read
from .rules_before_asking import judge


def outcome(request: TenantRequest, decision: str = "") -> Outcome:
    """What is to be done about the authorization request in the address of `request`.

    `decision` is what the person answered to a page, "" if they have answered none.
    """
    try:
        asked = read(request, request.tenant, parameters.query(request))
    except OAuthError as error:  # unreadable: no client can be made out
        return unreadable(request, error)
    except SignInFirst as first:
        return SignIn(first.asked)
    except Unanswerable as refusal:
        return refused(request, refusal)
    try:
        judge(asked)
        return _ask_the_person(request, asked, decision)
    except OAuthError as error:
        return (_not_to_strangers if asked.first_connection else _error)(request, asked, error)


def _ask_the_person(request: TenantRequest, asked: AuthorizationRequest, decision: str) -> Outcome:
    """Sign-in, approval and consent, as far as they are needed; then the code."""
    silent = "none" in asked.prompt
    consent = Consent.of(asked.user, asked.client) if asked.user is not None else None
    question = _question(asked, consent)
    shown = _what_is_shown(request, asked, question)
    standing = _standing(request, asked, shown, decision)
    if decision == "deny" and asked.user is not None and not asked.first_connection:
        _denied(request, asked)  # Deny counts also when the page has changed since
    if not _signed_in_well_enough(request, asked) or asked.user is None:
        if silent:
            raise OAuthError("login_required", "The person must sign in.", reason=None)
        return SignIn(asked)
    if not question and not asked.first_connection:
        return _code(request, asked.user, asked, consent)
    if silent:
        raise OAuthError("consent_required", "The person must consent.", reason=None)
    if asked.first_connection and metadata_documents.connects_by_itself(asked, by=sessions.actor(request)):
        return Again()
    if asked.first_connection:
        return Connect(asked, asked.user, shown, standing)
    if standing is Standing.GOOD and decision == "allow":
        return _consented(request, asked.user, asked, question)
    return AskForConsent(asked, question, shown, standing)


def _standing(request: TenantRequest, asked: AuthorizationRequest, shown: Shown, decision: str) -> Standing:
    """What the answer is worth that came along. A request for a connection may be sent and changed freely."""
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
    what = mac(_query(request))
    fresh = asked.wants_a_fresh_sign_in and sessions.reauthenticated(request, what)
    if asked.user is None or (asked.wants_a_fresh_sign_in and not fresh) or _is_too_long_ago(request, asked):
        return False
    if asked.subject_unknown and "none" in asked.prompt:
        return False
    if asked.subject in {None, str(asked.user.pk)}:
        return True
    if "none" not in asked.prompt and (fresh or sessions.reauthenticated(request, what)):
        raise OAuthError(
            "login_required",
            "Somebody else signed in than the person of id_token_hint.",
            reason=Reason.SOMEBODY_ELSE_SIGNED_IN,
        )
    return False


def _is_too_long_ago(request: TenantRequest, asked: AuthorizationRequest) -> bool:
    """max_age: how old a sign-in may be (OpenID Connect Core §3.1.2.1). 0 asks for a fresh one, which is seen to."""
    if asked.max_age is None or asked.wants_a_fresh_sign_in:
        return False
    return (timezone.now() - sessions.auth_time(request)).total_seconds() > asked.max_age


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
) -> Outcome:
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
    except NotConnected:  # removed or blocked by a concurrent act: start again
        return Again()
    return _code(request, user, asked, consent)


def _denied(request: TenantRequest, asked: AuthorizationRequest) -> NoReturn:
    Event.record(
        asked.tenant,
        Action.CONSENT_DENIED,
        by=sessions.actor(request),
        target=asked.client,
        details={"scope": scopes.join(asked.scopes)},
    )
    raise OAuthError("access_denied", "The person did not allow it.", reason=None)


def _code(
    request: TenantRequest, user: User, asked: AuthorizationRequest, consent: Consent | None
) -> Outcome:
    """A code for what was judged (RFC 6749 §4.1.2), with `iss` beside it (RFC 9207)."""
    what = mac(_query(request))
    if asked.wants_a_fresh_sign_in and not use_sign_in(request, what):
        return SignIn(asked)  # one sign-in, one code: what the session says may be a moment old
    code = credentials.make(credentials.Prefix.CODE)
    try:
        AuthorizationCode.keep(
            code,
            tenant_id=asked.tenant.pk,
            application_id=asked.client.pk,
            user_id=user.pk,
            redirect_uri=asked.redirect_uri,
            scope=scopes.join(asked.scopes),
            code_challenge=asked.code_challenge,
            code_challenge_method="S256" if asked.code_challenge else "",
            nonce=asked.nonce,
            auth_time=sessions.auth_time(request),
            consent_id=consent.pk if consent else None,
            generation=str(asked.client.generation),
            user_generation=user.generation,
            expires=timezone.now() + settings.CODE_LIFETIME,
        )
    except IntegrityError:  # the consent was revoked by a concurrent act: start again
        return Again()
    sessions.answered(request, what)
    left_out.tell(request, asked)
    uses.count(request, asked.client, uses.AUTHORIZATION, redirect_uri=asked.redirect_uri)
    answer = [("code", code), ("state", asked.state), ("iss", asked.tenant.issuer)]
    return Answered(asked, [(name, value) for name, value in answer if value])


def _error(request: TenantRequest, asked: AuthorizationRequest, error: OAuthError) -> Outcome:
    """Back to the application, with state and issuer (RFC 6749 §4.1.2.1, RFC 9207)."""
    _record(request, asked, error)
    if asked.client.is_foreign:
        left_out.tell_owner(request, asked)
    answer = [("error", error.error), ("error_description", error.description)]
    if asked.state:
        answer.append(("state", asked.state))
    return Answered(asked, [*answer, ("iss", asked.tenant.issuer)])


def _not_to_strangers(request: TenantRequest, asked: AuthorizationRequest, error: OAuthError) -> Outcome:
    """A page instead of a redirect: nobody here has approved the application, so its address is anybody's.

    It learns nothing, not even whether somebody is signed in (RFC 9700 §4.11.2).
    """
    _record(request, asked, error)
    if "none" in asked.prompt and error.error in {"login_required", "consent_required"}:
        return Refused(Unanswerable(Reason.NOT_CONNECTED_SILENT, client=asked.client))
    return Refused(Unanswerable(Reason.NOT_CONNECTED, client=asked.client, because=error.reason))


def _record(request: TenantRequest, asked: AuthorizationRequest, error: OAuthError) -> None:
    """That somebody must be asked, or said no, is no refusal of ours."""
    if error.reason is None or error.error == "login_required":
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
    uses.count(
        request,
        asked.client,
        uses.AUTHORIZATION,
        outcome=error.reason.value,
        asked=scopes.join(scopes.in_short(asked.left_out)),
    )


def unreadable(request: TenantRequest, error: OAuthError) -> Refused:
    """The outcome of a request that `parameters` refuses: nobody can say which client it means."""
    return refused(request, Unanswerable(error.reason or Reason.CANNOT_BE_CARRIED_OUT))


def refused(request: TenantRequest, why: Unanswerable) -> Refused:
    """The outcome of a request that cannot be answered to the application, with its event."""
    Event.refuse(
        request.tenant,
        Action.AUTHORIZATION_REFUSED,
        by=sessions.actor(request),
        reason=why.reason,
        target=why.client,
        details=_what_was_sent(request, why),
    )
    if why.client is None:
        uses.count_refusal_of_unknown(request)
    else:
        uses.count(
            request,
            why.client,
            uses.AUTHORIZATION,
            outcome=why.reason.value,
            asked=why.redirect_uri[:LONGEST_ASKED],
        )
    return Refused(why)


def _what_was_sent(request: TenantRequest, refusal: Unanswerable) -> dict[str, str]:
    """What an administrator can compare with what is registered."""
    if refusal.redirect_uri:
        return {"redirect_uri": text.spelt_out(refusal.redirect_uri[:512])}
    wrong = {"member": refusal.document.member} if refusal.document and refusal.document.member else {}
    return wrong | (refusals.claimed(request.GET.get("client_id")) if refusal.client is None else {})
