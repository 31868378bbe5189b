"""`/healthz` and `/readyz`: whether this process lives, and whether it can do its work, on every host."""

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.test import Client as Browser

from console.models import SigningKey, Tenant
from console.pages import health

pytestmark = pytest.mark.django_db
HOSTS = [settings.REGION_HOST, "acme.localhost:8000", "10.0.0.7", "unknown.example"]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_they_answer_on_every_host_and_say_nothing_else(acme: Tenant, host: str, path: str):
    answer = Browser(headers={"host": host}).get(path)

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert "no-store" in answer["Cache-Control"]
    assert "Acme" not in answer.content.decode()


def test_ready_says_no_while_the_database_is_away_and_alive_says_yes(monkeypatch: pytest.MonkeyPatch):
    def away() -> bool:
        raise DatabaseError("canary")

    monkeypatch.setattr(health, "_database_answers", away)
    answer = Browser(headers={"host": settings.REGION_HOST}).get("/readyz")

    assert (answer.status_code, answer.json()) == (
        503,
        {"status": "unavailable", "checks": {"database": False}},
    )
    assert Browser(headers={"host": settings.REGION_HOST}).get("/healthz").status_code == 200


def test_ready_says_no_while_a_tenant_cannot_sign(acme: Tenant):
    SigningKey._base_manager.all().delete()

    answer = Browser(headers={"host": settings.REGION_HOST}).get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["signing_keys"] is False


def test_ready_says_no_while_migrations_have_not_run(monkeypatch: pytest.MonkeyPatch):
    """Tables that are not there yet are no reason to say that the database is away."""

    def no_such_table() -> bool:
        raise DatabaseError

    monkeypatch.setattr(health, "_migrations_ran", lambda: False)
    monkeypatch.setattr(health, "_tenants_can_sign", no_such_table)
    answer = Browser(headers={"host": settings.REGION_HOST}).get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": True, "migrations": False}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_nothing_can_be_sent_to_them(path: str):
    assert Browser(headers={"host": settings.REGION_HOST}).post(path).status_code == 405
