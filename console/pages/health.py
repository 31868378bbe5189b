"""Liveness and readiness checks."""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from ..http.access import open_to
from ..models import SigningKey, Tenant

ANYONE = "anyone: says nothing but yes or no"


@open_to(ANYONE)
@csrf_exempt  # another method is told which one to use
@require_safe
@never_cache
def process(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers requests."""
    return JsonResponse({"status": "ok"})


@open_to(ANYONE)
@csrf_exempt  # another method is told which one to use
@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, every migration has run and every tenant has a signing key; 503 otherwise."""
    checks: dict[str, bool] = {}
    for name, check in (
        ("database", _database_answers),
        ("migrations", _migrations_ran),
        ("signing_keys", _tenants_can_sign),
    ):
        checks[name] = _holds(check)
        if not checks[name]:
            break  # what comes after rests on it
    good = all(checks.values())
    return JsonResponse(
        {"status": "ok" if good else "unavailable", "checks": checks}, status=200 if good else 503
    )


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except DatabaseError:
        return False


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _migrations_ran() -> bool:
    """Looked up until it is true: migrations are not taken back under a running process, and the look-up is slow."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


_migrated = False


def _tenants_can_sign() -> bool:
    return not Tenant.objects.exclude(pk__in=SigningKey._base_manager.values("tenant")).exists()
