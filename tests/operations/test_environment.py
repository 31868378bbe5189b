"""What operators set: a value that is none is refused in a sentence that names the variable, never with a traceback."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CANARY = "canary-password"
KEY = "".join(chr(33 + number % 90) for number in range(64))
PUBLIC = {
    "QLIKAUTH_REGION_HOST": "eu.example.com",
    "QLIKAUTH_SECRET_KEY": KEY,
    "QLIKAUTH_TRUSTED_PROXIES": "1",
    "DATABASE_URL": "postgresql://qlikauth@localhost/never-connected",
}
Manage = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.sqlite


@pytest.fixture
def manage(tmp_path: Path) -> Manage:
    """`manage.py` as an operator runs it, with nothing set but what the test sets."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=kept | {"QLIKAUTH_VAR": str(tmp_path)} | environment,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "²"),
        ("PORT", "1" * 5000),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", f"mysql://u:{CANARY}@h/n"),
        ("DATABASE_URL", f"postgresql://u:{CANARY}@h:port/n"),
        ("DATABASE_URL", f"postgresql://u:{CANARY}@[::1/n"),
        ("DATABASE_URL", f"postgresql://u:{CANARY}@h"),
        ("DATABASE_URL", "sqlite://"),
        ("QLIKAUTH_OAUTH_CLIENTS", "maybe"),
        ("QLIKAUTH_REGION_HOST", "https://eu.example.com"),
        ("QLIKAUTH_REGION_HOST", "eu.example.com/console"),
        ("QLIKAUTH_REGION_HOST", "eu example.com"),
        ("QLIKAUTH_REGION_HOST", "eu.example.com:port"),
        ("QLIKAUTH_REGION_HOST", "åland.example"),
        ("QLIKAUTH_TRUSTED_PROXIES", "-1"),
        ("QLIKAUTH_LOG_LEVEL", "loud"),
        ("QLIKAUTH_LOG_FORMAT", "xml"),
        ("QLIKAUTH_SESSION_IDLE_MINUTES", "99999999999999"),
        ("QLIKAUTH_SESSION_IDLE_MINUTES", "1441"),  # more than the absolute limit, which is not set
        ("QLIKAUTH_SESSION_ABSOLUTE_MINUTES", "0"),
        ("QLIKAUTH_REFRESH_TOKEN_IDLE_DAYS", "181"),
        ("QLIKAUTH_ACCESS_TOKEN_SECONDS", "0"),
        ("QLIKAUTH_REFRESH_TOKEN_IDLE_DAYS", "1.5"),
        ("QLIKAUTH_MAX_CLIENTS", "0"),
        ("QLIKAUTH_EXPIRE_MINUTES", "-1"),
        ("QLIKAUTH_EXPIRE_MINUTES", "1441"),
        ("QLIKAUTH_EMAIL_PORT", "smtp"),
        ("QLIKAUTH_EMAIL_BACKEND", "no.such.Backend"),
        ("QLIKAUTH_VAR", "/dev/null/var"),
        ("QLIKAUTH_METADATA_DOCUMENTS", "perhaps"),
        ("QLIKAUTH_METADATA_LOCAL_HOSTS", "app.example.com:443"),
        ("QLIKAUTH_METADATA_LOCAL_HOSTS", "localhost"),
        ("QLIKAUTH_METADATA_LOCAL_HOSTS", "localhost:9000,10.0.0.1:9000"),
        ("QLIKAUTH_METADATA_LOCAL_HOSTS", "localhost:70000"),
    ],
)
def test_a_value_that_is_none_is_refused_by_name(manage: Manage, name: str, value: str):
    told = manage("expire", "--json", QLIKAUTH_SECRET_KEY=KEY, **{name: value})

    assert told.returncode != 0
    assert told.stdout == ""
    assert name in told.stderr
    assert "Traceback" not in told.stderr
    assert CANARY not in told.stderr


def test_the_key_is_asked_for_where_several_machines_could_need_it(manage: Manage):
    told = manage("expire", "--json", DATABASE_URL=PUBLIC["DATABASE_URL"])

    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("Configuration error: QLIKAUTH_SECRET_KEY is required")


def test_a_set_but_empty_variable_is_one_that_is_not_set(manage: Manage):
    names = ("PORT", "DATABASE_URL", "QLIKAUTH_REGION_HOST", "QLIKAUTH_OAUTH_CLIENTS", "QLIKAUTH_SECRET_KEY")

    assert manage("check", **dict.fromkeys(names, "")).returncode == 0


COMMANDS = [
    ["create_tenant", "acme", "--name", "Acme AB"],
    ["create_user", "acme", "a@acme.example"],
    ["create_link", "acme", "a@acme.example"],
    ["create_client", "acme", "App", "--type", "web", "--redirect-url", "https://app.example/cb"],
    ["rotate_signing_key"],
    ["expire"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_command_says_that_the_database_is_not_migrated(manage: Manage, command: list[str]):
    told = manage(*command, "--json")

    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "CommandError: The database is not up to date: run manage.py migrate first.\n"


@pytest.mark.parametrize("command", [*COMMANDS[:1], ["migrate"]], ids=lambda command: command[0])
def test_a_command_says_that_the_database_is_away(manage: Manage, command: list[str]):
    away = PUBLIC | {"DATABASE_URL": f"postgresql://u:{CANARY}@127.0.0.1:1/n"}

    told = manage(*command, **away)

    assert (told.returncode, told.stdout) == (1, "")
    assert "refused" in told.stderr
    assert "Traceback" not in told.stderr
    assert CANARY not in told.stderr


def test_the_usual_port_is_left_out_of_the_hosts_of_a_region(manage: Manage):
    region = {"QLIKAUTH_REGION_HOST": "EU.example.com:443"}
    assert manage("migrate", "--verbosity=0", **region).returncode == 0

    tenant = manage("create_tenant", "acme", "--name", "Acme AB", "--json", **region)

    assert json.loads(tenant.stdout)["issuer"] == "https://acme.eu.example.com"


def test_data_is_for_the_account_that_serves_alone(manage: Manage, tmp_path: Path):
    assert manage("migrate", "--verbosity=0", QLIKAUTH_VAR=str(tmp_path / "var")).returncode == 0

    assert (tmp_path / "var").stat().st_mode & 0o077 == 0


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path):
    show = "from qlikauth import settings; print(settings.SECRET_KEY)"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", show],
            cwd=ROOT, env={"QLIKAUTH_VAR": str(tmp_path)}, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip

    keys = {process.communicate(timeout=60)[0].strip() for process in processes}

    assert len(keys) == 1
    assert len(keys.pop()) >= 64
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--port", "0"], "from 1 to 65535"),
        (["--port", "65536"], "from 1 to 65535"),
        (["--port", "http"], "invalid int value"),
        (["--workers", "0"], "--workers must be at least 1"),
        (["--threads", "-1"], "--threads must be at least 1"),
        (["--host", "eu.example.com"], "not an IP address"),
        (["--host", "192.0.2.1"], "Nothing can listen on 192.0.2.1"),
    ],
)
def test_serve_says_why_it_cannot_listen(manage: Manage, options: list[str], told: str):
    served = manage("serve", *options)

    assert served.returncode != 0
    assert told in served.stderr
    assert "Traceback" not in served.stderr


@pytest.mark.loopback
def test_serve_and_the_demonstration_say_that_the_port_is_taken(manage: Manage):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        for command, told in (
            ("serve", f"port {port}: Address already in use"),
            ("demonstrate", f"Port {port} is in use by another program. Set PORT="),
        ):
            served = manage(command, PORT=str(port))

            assert served.returncode == 1
            assert told in served.stderr


# --- check --deploy -------------------------------------------------------------------------------------------


def test_the_settings_of_the_readme_pass_the_deployment_checks(manage: Manage):
    assert manage("check", "--deploy", "--fail-level", "WARNING", **PUBLIC).returncode == 0


@pytest.mark.parametrize(
    ("dangerous", "told"),
    [
        ({"QLIKAUTH_SECRET_KEY": "short"}, "qlikauth.E001"),
        ({"QLIKAUTH_ACCESS_TOKEN_SECONDS": "86400"}, "qlikauth.W001"),
        ({"DATABASE_URL": ""}, "qlikauth.W002"),
        ({"QLIKAUTH_TRUSTED_PROXIES": "0"}, "qlikauth.W003"),
        ({"QLIKAUTH_METADATA_LOCAL_HOSTS": "localhost:9000"}, "qlikauth.W004"),
        ({"QLIKAUTH_DEBUG": "on"}, "security.W018"),
        ({"QLIKAUTH_SECRET_KEY_FALLBACKS": "short"}, "security.W025"),
        ({"QLIKAUTH_REGION_HOST": "localhost:8000"}, "security.W008"),
    ],
)
def test_the_deployment_checks_tell_of_danger(manage: Manage, dangerous: dict[str, str], told: str):
    checked = manage("check", "--deploy", "--fail-level", "WARNING", **PUBLIC | dangerous)

    assert checked.returncode == 1
    assert told in checked.stderr


# --- What is made of them -------------------------------------------------------------------------------------


def setting(manage: Manage, expression: str, **environment: str) -> str:
    script = f"from django.conf import settings; print({expression})"
    return manage("shell", "--no-imports", "-c", script, **environment).stdout.strip()


@pytest.mark.parametrize(
    ("idle", "absolute"),
    [
        ("QLIKAUTH_SESSION_IDLE_MINUTES", "QLIKAUTH_SESSION_ABSOLUTE_MINUTES"),
        ("QLIKAUTH_REFRESH_TOKEN_IDLE_DAYS", "QLIKAUTH_REFRESH_TOKEN_ABSOLUTE_DAYS"),
    ],
)
def test_an_idle_limit_above_the_absolute_one_is_refused_by_both_names(
    manage: Manage, idle: str, absolute: str
):
    told = manage("expire", "--json", **{idle: "11", absolute: "10"})

    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == (
        f"Configuration error: {idle} is 11 and must not be more than {absolute}, which is 10.\n"
    )


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        ({}, "28800 86400"),
        ({"QLIKAUTH_SESSION_ABSOLUTE_MINUTES": "60"}, "3600 3600"),  # the usual idle limit goes down with it
        ({"QLIKAUTH_SESSION_IDLE_MINUTES": "1"}, "60 86400"),
        ({"QLIKAUTH_SESSION_IDLE_MINUTES": "10", "QLIKAUTH_SESSION_ABSOLUTE_MINUTES": "10"}, "600 600"),
    ],
    ids=str,
)
def test_one_limit_of_a_session_may_be_set_alone(manage: Manage, limits: dict[str, str], seconds: str):
    expression = "int(settings.SESSION_IDLE.total_seconds()), int(settings.SESSION_ABSOLUTE.total_seconds())"

    assert setting(manage, expression, **limits) == seconds


def test_bounds_of_the_database_and_those_of_its_address_both_hold(manage: Manage):
    address = f"{PUBLIC['DATABASE_URL']}?sslmode=require&connect_timeout=9&options=-c%20search_path%3Dx"

    options = setting(
        manage, "settings.DATABASES['default']['OPTIONS']", **PUBLIC | {"DATABASE_URL": address}
    )

    assert "statement_timeout=15s" in options
    assert "search_path=x" in options
    assert "'sslmode': 'require'" in options
    assert "9" in options


@pytest.mark.parametrize(
    ("region", "cookies"),
    [
        ("eu.example.com", "['__Host-session', True, '__Host-csrf', True]"),
        ("localhost:8000", "['session', False, 'csrf', False]"),
    ],
)
def test_cookies_of_a_public_region_are_kept_to_one_host_and_https(manage: Manage, region: str, cookies: str):
    names = ("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE")

    read = f"[getattr(settings, name) for name in {names}]"

    assert setting(manage, read, QLIKAUTH_REGION_HOST=region) == cookies


@pytest.mark.parametrize(
    ("environment", "port", "tls", "ssl"),
    [
        ({}, 587, True, False),
        ({"QLIKAUTH_EMAIL_PORT": "465"}, 465, False, True),
        ({"QLIKAUTH_EMAIL_TLS": "off"}, 25, False, False),
    ],
)
def test_mail_goes_through_the_server_that_is_named(
    manage: Manage, environment: dict[str, str], port: int, tls: bool, ssl: bool
):
    names = ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_TLS", "EMAIL_USE_SSL")
    read = f"[getattr(settings, name) for name in {names}]"

    mail = setting(manage, read, QLIKAUTH_EMAIL_HOST="mail.example.com", **environment)

    backend = "django.core.mail.backends.smtp.EmailBackend"
    assert mail == str([backend, "mail.example.com", port, tls, ssl])
