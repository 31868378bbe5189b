"""Python libraries and frameworks in environments of their own, unmodified, set up as their documentation shows."""

from pathlib import Path

import pytest

from console.models import Tenant, User
from tests import cast, software
from tests.oauth.interop import programs
from tests.oauth.interop.person import Person, allow
from tests.served import free_port

pytestmark = [pytest.mark.usefixtures("local_names"), pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("version", ["authlib-1.2", "authlib"])
def test_authlib_in_flask(acme: Tenant, bob: User, tmp_path: Path, version: str):
    port = free_port()
    home = f"http://localhost:{port}"
    client, secret = cast.register(
        acme, redirect_uris=[f"{home}/auth"], post_logout_redirect_uris=[f"{home}/"]
    )
    command = [software.executable(version), software.FOLDER / "authlib_flask.py"]
    given = {"ISSUER": acme.issuer, "CLIENT_ID": client.client_id, "CLIENT_SECRET": secret}

    with programs.running(command, tmp_path, port, **given):
        person = Person(bob.email)
        first = person.visit(f"{home}/login").json()
        assert person.seen == ["password", "decision"]
        assert first["user"]["iss"] == acme.issuer
        assert first["user"]["sub"] == first["userinfo"]["sub"] == str(bob.pk)
        assert first["userinfo"]["email"] == bob.email

        later = person.visit(f"{home}/later").json()
        assert later["userinfo"] == first["userinfo"]
        assert later["refresh_token"] != first["refresh_token"]

        assert person.visit(f"{home}/logout").json()["user"] is None
        person.follow(person.get(f"{home}/login"), until="password")
        assert person.seen[-1] == "password"  # signed out of the tenant as well


def test_httpx_oauth(acme: Tenant, bob: User):
    client, secret = cast.register(acme)
    redirect_uri = client.redirect_uris[0]

    result = programs.conversation(
        [software.executable("httpx-oauth"), software.FOLDER / "httpx_oauth_client.py"],
        lambda url: allow(url, bob.email, cast.PASSWORD, redirect_uri),
        ISSUER=acme.issuer,
        CLIENT_ID=client.client_id,
        CLIENT_SECRET=secret,
        REDIRECT_URI=redirect_uri,
    )

    assert (result["account"], result["email"]) == (str(bob.pk), bob.email)
    assert result["profile"]["sub"] == str(bob.pk)
    assert result["rotated"]
    assert programs.is_over(acme, result["access_token"])


def test_requests_oauthlib(acme: Tenant, bob: User):
    client, secret = cast.register(acme)
    redirect_uri = client.redirect_uris[0]

    result = programs.conversation(
        [software.executable("requests-oauthlib"), software.FOLDER / "requests_oauthlib_client.py"],
        lambda url: allow(url, bob.email, cast.PASSWORD, redirect_uri),
        ISSUER=acme.issuer,
        CLIENT_ID=client.client_id,
        CLIENT_SECRET=secret,
        REDIRECT_URI=redirect_uri,
    )

    assert result["userinfo"]["email"] == bob.email
    assert result["later"] == result["userinfo"]
    assert result["rotated"]
    assert not programs.is_over(acme, result["access_token"])


@pytest.mark.parametrize("pkce", ["on", "off"])
def test_mozilla_django_oidc(acme: Tenant, bob: User, tmp_path: Path, pkce: str):
    port = free_port()
    home = f"http://localhost:{port}"
    client, secret = cast.register(
        acme,
        redirect_uris=[f"{home}/oidc/callback/"],
        post_logout_redirect_uris=[f"{home}/"],
        algorithm="RS256",
        accepts_no_pkce=pkce == "off",
    )
    command = [software.executable("mozilla-django-oidc"), software.FOLDER / "mozilla_django_site.py"]
    given = {"ISSUER": acme.issuer, "CLIENT_ID": client.client_id, "CLIENT_SECRET": secret, "PKCE": pkce}

    with programs.running(command, tmp_path, port, **given):
        person = Person(bob.email)
        page = person.visit(f"{home}/oidc/authenticate/")
        assert person.seen == ["password", "decision"]
        assert page.json()["email"] == bob.email

        person.get(f"{home}/later")
        renewal = person.get(f"{home}/")
        assert "prompt=none" in renewal.headers["Location"]
        assert person.follow(renewal).json()["email"] == bob.email
        assert person.seen == ["password", "decision"]  # nobody was asked

        sign_out = person.post(f"{home}/oidc/logout/", {"csrfmiddlewaretoken": page.json()["csrf"]})
        assert person.follow(sign_out).json()["email"] is None
        person.follow(person.get(f"{home}/oidc/authenticate/"), until="password")
        assert person.seen[-1] == "password"
