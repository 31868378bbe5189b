"""QLIKAUTH_SECRET_KEY is replaced as SECURITY.md says: the earlier key is a fallback until nothing stands on it."""

from datetime import timedelta
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import Client, ClientSecret, KeyRing, User
from tests import cast
from tests.oauth.driver import Application, later
from tests.oauth.outcomes import assert_refused, is_alive

pytestmark = pytest.mark.django_db
EARLIER, NEW = "earlier " * 10, "new " * 20
TWO_HOURS = timedelta(hours=2).total_seconds()
SCOPE = "openid offline_access user_default"


def restarted(settings: LazySettings, key: str, *fallbacks: str) -> None:
    """The server as it is with these keys, without what the process before it remembered."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, list(fallbacks)
    KeyRing.forget()


@pytest.fixture
def app(settings: LazySettings) -> Application:
    """A client of a tenant that was made under the earlier key."""
    restarted(settings, EARLIER)
    tenant = cast.found("initech", "Initech", 8000)
    return Application(*cast.register(tenant), tenant=tenant)


@pytest.fixture
def person(app: Application) -> User:
    return cast.join(app.tenant, "peter")


def new_secret(app: Application) -> Application:
    with scope(tenant=app.tenant):
        client = Client.objects.get(client_id=app.client_id)
        return Application(client, ClientSecret.add_to(client, by=cast.OPERATOR)[1], tenant=app.tenant)


def test_with_the_earlier_key_as_a_fallback_everything_goes_on(
    app: Application, person: User, settings: LazySettings
) -> None:
    tokens = app.tokens(cast.signed_in_as(person), scope=SCOPE)

    restarted(settings, NEW, EARLIER)

    assert is_alive(app, tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    assert app.tokens(cast.signed_in_as(person), scope=SCOPE)["id_token"]


def test_when_the_fallback_is_taken_away_what_was_made_anew_goes_on_and_the_rest_has_ended(
    app: Application, person: User, settings: LazySettings, time_machine: TimeMachineFixture
) -> None:
    tokens = app.tokens(cast.signed_in_as(person), scope=SCOPE)

    restarted(settings, NEW, EARLIER)
    call_command("rotate_signing_key", app.tenant.alias, stdout=StringIO())
    replaced = new_secret(app)
    later(time_machine, TWO_HOURS)
    restarted(settings, NEW)

    given = replaced.tokens(cast.signed_in_as(person), scope=SCOPE)
    assert is_alive(replaced, given["access_token"])
    assert_refused(app.refresh(tokens["refresh_token"]), "invalid_client", 401)
    assert_refused(replaced.refresh(tokens["refresh_token"]), "invalid_grant")


def test_without_a_fallback_no_earlier_secret_is_accepted(
    app: Application, person: User, settings: LazySettings
) -> None:
    tokens = app.tokens(cast.signed_in_as(person), scope=SCOPE)

    restarted(settings, NEW)

    assert_refused(app.refresh(tokens["refresh_token"]), "invalid_client", 401)
