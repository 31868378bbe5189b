"""The same people and clients in every test.

alice administers acme, bob is an ordinary user there and carol audits it; mallory administers globex, where gustav is
an ordinary user. Everybody's password is PASSWORD.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.http import sessions
from console.http.session_store import SessionStore
from console.models import (
    Actor,
    Api,
    Client,
    ClientProblem,
    ClientRegistration,
    Connection,
    ConnectionRequest,
    Group,
    Invitation,
    Invited,
    Mail,
    RegistrationPolicy,
    RegistrationToken,
    Tenant,
    User,
    approval,
    noted_problems,
)
from console.policy.apis import ApiScope
from console.policy.client_problems import Refusal
from console.policy.redirect_uris import short_schemes

PASSWORD = "correct horse battery staple"
OPERATOR = Actor.operator()
# The example of RFC 7517, appendix A.1; nobody here has its private key.
PUBLIC_KEY = {
    "kty": "EC",
    "alg": "ES256",
    "kid": "1",
    "use": "sig",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}
REDIRECT_URL = "https://app.example.com/callback"
ORDERS = "https://orders.example.com/v1"  # an API


def found(alias: str, name: str, port: int) -> Tenant:
    """A tenant on ALIAS.localhost."""
    return Tenant.create(alias, name, [f"{alias}.localhost:{port}"], by=OPERATOR)


def join(tenant: Tenant, first_name: str, role: str = "user") -> User:
    """A person of a tenant, e.g. alice@acme.example."""
    with scope(tenant=tenant):
        return User.invite(
            tenant,
            f"{first_name}@{tenant.alias}.example",
            by=OPERATOR,
            name=first_name.capitalize(),
            role=role,
            password=PASSWORD,
        )


def invite(tenant: Tenant, email: str) -> Invitation:
    """An invitation to a tenant that has not been accepted; nobody knows its link."""
    with scope(tenant=tenant):
        people = [Invited(email, email.partition("@")[0].capitalize())]
        [(invitation, _token)] = Invitation.send(
            tenant, people, role="user", language="en", mailed=True, by=OPERATOR
        )
    return invitation


def group(tenant: Tenant, name: str, *people: User) -> Group:
    """A group of a tenant with these people in it."""
    with scope(tenant=tenant):
        made = Group.create(tenant, name, by=OPERATOR)
        made.add(people, by=OPERATOR)
    return made


def register(tenant: Tenant, by: User | None = None, **fields: Any) -> tuple[Client, str]:
    """A client of a tenant, and its first secret ("" if it has none). `fields` replace the usual ones."""
    usual: dict[str, Any] = {
        "type": "web",
        "name": "Web app",
        "redirect_uris": [REDIRECT_URL],
        "allowed_scopes": ["user_default", "openid", "profile", "email", "offline_access"],
    }
    usual |= fields
    if usual["type"] == "web":
        usual.setdefault("auth_methods", ["client_secret"])
    if "client_credentials" in usual.get("grant_types", ()):
        usual.setdefault("consent_method", "trusted")  # it could not be otherwise
    if "private_key_jwt" in usual.get("auth_methods", ()):
        usual.setdefault("public_keys", [PUBLIC_KEY])
    if usual["type"] == "native":
        addresses = [*usual["redirect_uris"], *usual.get("post_logout_redirect_uris", ())]
        usual.setdefault("confirmed_schemes", short_schemes(addresses))
    with scope(tenant=tenant):
        return Client.register(tenant, by=Actor(user=by), **usual)


def registration_token(tenant: Tenant, by: User | None = None, **changes: Any) -> RegistrationToken:
    """An initial access token of a tenant; nobody here knows its plain text."""
    usual: dict[str, Any] = {"name": "Build server", "most_clients": 1, "redirect_hosts": []}
    usual |= {"scopes": ["openid", "user_default"], "expires_at": timezone.now() + timedelta(days=7)}
    with scope(tenant=tenant):
        return RegistrationToken.create(tenant, by=Actor(user=by), **usual | changes)[0]


def self_registered(tenant: Tenant, name: str = "Agent", **more: Any) -> Client:
    """A client that has registered itself in a tenant where anybody may; `more` is what it says besides."""
    fields = {"type": "native", "name": name, "redirect_uris": ["http://127.0.0.1/callback"]}
    policy = RegistrationPolicy.of(tenant)
    fields["allowed_scopes"] = policy.scopes
    with scope(tenant=tenant):
        made = ClientRegistration.register(policy, fields, more, token=None, by=Actor.anonymous())
    return made.row.client


def registered_earlier(client: Client, **columns: Any) -> Client:
    """The client as it would stand there if it had been registered before there were rules about these columns."""
    Client._base_manager.filter(pk=client.pk).update(**columns)
    client.refresh_from_db(fields=list(columns))
    return client


def host_of(tenant: Tenant) -> str:
    """The canonical host of a tenant."""
    return tenant.issuer.split("//")[1]


def stranger_on(tenant: Tenant) -> Browser:
    """A browser on a tenant's host that nobody has signed in with."""
    return Browser(headers={"host": host_of(tenant)})


def signed_in_as(user: User) -> Browser:
    """A browser on the host of the user's tenant, in a session that began as sessions do after the sign-in page."""
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "127.0.0.1"
    request.session = SessionStore()
    with scope(tenant=user.tenant):
        sessions.begin(request, user)
    request.session.save()
    browser = stranger_on(user.tenant)
    browser.cookies[settings.SESSION_COOKIE_NAME] = str(request.session.session_key)
    return browser


def form(**fields: str) -> dict[str, Any]:
    """The body of a request as programs send it: `browser.post("/oauth/token", **form(grant_type="…"))`.

    Django's test client would send multipart/form-data, which only browsers do.
    """
    return {"data": urlencode(fields), "content_type": "application/x-www-form-urlencoded"}


def connect(client: Client, tenant: Tenant, by: User | None = None, **answer: Any) -> Connection:
    """What an administrator of `tenant` does with a client of another: approves it, publishing it first if need be.

    `answer` is what approval.approve takes; the consent method is Required if nothing else is said.
    """
    with scope(tenant=client.tenant):
        client.publish(by=OPERATOR)
    with scope(tenant=tenant):
        return approval.approve(
            tenant, client, by=Actor(user=by), **{"consent_method": "required"} | answer
        ).connection


def register_api(tenant: Tenant, identifier: str = ORDERS, **fields: Any) -> tuple[Api, str]:
    """An API of a tenant, and its secret. `scopes` are names, or ApiScopes; of a name the text is "Can NAME"."""
    named = [
        each if isinstance(each, ApiScope) else ApiScope(name=each, text=f"Can {each}")
        for each in fields.pop("scopes", ("read", "write"))
    ]
    published = fields.pop("published", False)
    usual: dict[str, Any] = {"name": "Orders", "scopes": named}
    with scope(tenant=tenant):
        api, secret = Api.register(tenant, by=OPERATOR, identifier=identifier, **(usual | fields))
        if published:
            api.publish(by=OPERATOR)
    return api, secret


def machines_too(**fields: Any) -> dict[str, Any]:
    """A client that people sign in with and machines use too: one for machines alone cannot be published."""
    return {"grant_types": ["client_credentials"], "name": "Reports and their nightly reload"} | fields


def publish(owner: Tenant, **fields: Any) -> Client:
    """A published client of a tenant."""
    usual: dict[str, Any] = {
        "name": "Insight studio",
        "redirect_uris": ["https://studio.globex.example/callback"],
        "allowed_scopes": ["openid", "profile", "offline_access", "apps:read"],
    }
    client, _secret = register(owner, **usual | fields)
    with scope(tenant=owner):
        client.publish(by=OPERATOR)
    return client


def problem(
    client: Client,
    asked: str = f"{REDIRECT_URL}/",
    reason: str = "redirect_uri_mismatch",
    tenant: Tenant | None = None,
    **more: Any,
) -> ClientProblem:
    """What is there once the client has been refused in `tenant`, its owner if nothing else is said."""
    sent: dict[str, Any] = {"address": "203.0.113.9", "agent": "Firefox", "signed_in": True} | more
    where = tenant or client.tenant
    facts = {name: sent.pop(name) for name in ("grant", "secret_id") if name in sent}
    refusal = Refusal(where.pk, client.pk, reason, facts.get("grant", ""), asked, facts.get("secret_id"))
    noted_problems.note(refusal, **sent)
    noted_problems.write_noted()
    return ClientProblem._base_manager.get(client=client.pk, tenant=where, key=refusal.key)


def ask(person: User, client: Client, reason: str = "For the board") -> ConnectionRequest:
    """What somebody does who wants to use another tenant's client. The letters about it have arrived already."""
    with scope(tenant=person.tenant):
        request, _opened = ConnectionRequest.ask(person, client, reason=reason, by=Actor(user=person))
    Mail._base_manager.all().delete()
    return request
