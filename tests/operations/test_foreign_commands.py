"""Commands of Django and its applications that `manage.py help` lists: none fails without a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from console.management.instead import Instead
from console.models import Client, User

ROOT = Path(__file__).parents[2]
USE = {
    "changepassword": "reset_password",
    "clearcimdapplications": "expire",
    "cleartokens": "expire",
    "createapplication": "create_client",
    "createsuperuser": "create_user",
    "dumpdata": "pg_dump",
    "test": "make test",
}


def manage(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"QLIKAUTH_VAR": str(cwd), "DJANGO_SETTINGS_MODULE": "qlikauth.settings"}
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_command_that_only_says_what_to_use_is_listed_here():
    ours = [name for name, app in get_commands().items() if app == "console"]

    assert {name for name in ours if isinstance(load_command_class("console", name), Instead)} == set(USE)


def test_no_command_of_django_oauth_toolkit_runs():
    assert "oauth2_provider" not in get_commands().values()


@pytest.mark.parametrize(("name", "use"), USE.items())
def test_a_command_that_does_not_fit_says_what_does(name: str, use: str):
    with pytest.raises(CommandError, match=rf"^Use (manage\.py )?{use}\b[^.\n]*(\.py)?[^.\n]*\.$"):
        call_command(name)


@pytest.mark.parametrize(
    "arguments",
    [
        ("createapplication", "confidential", "client-credentials", "--name", "Reports"),
        ("createsuperuser", "--no-input", "--id", "1"),
        ("changepassword", "alice@acme.example"),
        ("dumpdata", "console.Client", "--all"),
    ],
)
def test_whatever_it_is_given_it_does_nothing_and_exits_with_1(arguments: tuple[str, ...], tmp_path: Path):
    done = manage(*arguments, cwd=tmp_path)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("CommandError: Use ")
    assert done.stderr.count("\n") == 1


def test_its_help_is_the_same_sentence(tmp_path: Path):
    done = manage("createapplication", "--help", cwd=tmp_path)

    assert done.returncode == 0
    assert "Use manage.py create_client" in " ".join(done.stdout.split())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("clearsessions",),
        ("createcachetable",),
        ("remove_stale_contenttypes", "--no-input"),
        ("showmigrations", "--plan"),
        ("sqlflush",),
        ("sqlsequencereset", "console"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_others_run_and_remove_nothing_that_is_needed(
    arguments: tuple[str, ...], web_client: tuple[Client, str], bob: User, capsys: pytest.CaptureFixture[str]
):
    call_command(*arguments)

    assert Client.with_deleted_anywhere.filter(pk=web_client[0].pk).exists()
    assert User._base_manager.filter(pk=bob.pk).exists()
