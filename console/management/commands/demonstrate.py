"""`manage.py demonstrate`: the demonstration region and its applications, ready to click through (`make run`)."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from console.http.addresses import region_issuer
from console.management import ports, server
from console.management.demonstration_region import PEOPLE, Region, prepare

START_SECONDS = 30
STOP_SECONDS = 10


class Stopped(Exception):
    """Raised on SIGINT or SIGTERM."""


class Command(BaseCommand):
    help = "Prepares the database, makes the demonstration region if it is not there, and runs everything until Ctrl-C."
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOCAL_REGION:
            raise CommandError(
                "The demonstration region is for localhost names: leave QLIKAUTH_REGION_HOST unset."
            )
        if not settings.OAUTH_CLIENTS_SUPPORTED:
            raise CommandError("The demonstration needs OAuth clients: leave QLIKAUTH_OAUTH_CLIENTS unset.")
        if in_the_way := ports.problems(os.environ):
            raise CommandError("\n".join(in_the_way))
        wanted = ports.wanted(os.environ)
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        region = prepare(
            settings.PORT, wanted["DEMONSTRATION_PORT"], wanted["PORTAL_PORT"], wanted["MCP_PORT"]
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        running: list[subprocess.Popen[bytes]] = []
        try:
            running.append(
                self._start(server.command(host="127.0.0.1", port=settings.PORT, workers=1, threads=4))
            )
            running.append(
                self._start(self._example("demonstration"), **self._application_environment(region))
            )
            running.append(self._start(self._example("multi_tenant"), **self._portal_environment(region)))
            running.append(self._start(self._example("mcp_server"), **self._mcp_environment(region)))
            self._wait_until_all_listen(running, wanted.values())
            self._introduce(region)
            while all(process.poll() is None for process in running):
                time.sleep(0.2)
            raise CommandError("A part of the demonstration stopped by itself: see above.")
        except Stopped:
            self.stdout.write("\nStopped.")
        finally:
            self._end(running)

    @staticmethod
    def _stop(number: int, frame: FrameType | None) -> None:
        raise Stopped

    @staticmethod
    def _example(name: str) -> list[str]:
        return [sys.executable, str(settings.BASE_DIR / "examples" / name / "app.py")]

    @staticmethod
    def _application_environment(region: Region) -> dict[str, str]:
        """An ordinary client knows its issuer and its credentials, nothing else."""
        return {
            "ISSUER": region.issuers["acme"],
            "CLIENT_ID": region.client_id,
            "CLIENT_SECRET": region.client_secret,
            "PORT": str(region.application_port),
        }

    @staticmethod
    def _portal_environment(region: Region) -> dict[str, str]:
        """A client of every tenant knows the region instead of an issuer."""
        return {
            "REGION": region_issuer(),
            "CLIENT_ID": region.portal_id,
            "CLIENT_SECRET": region.portal_secret,
            "PORT": str(region.portal_port),
        }

    @staticmethod
    def _mcp_environment(region: Region) -> dict[str, str]:
        """A resource server knows its issuer and its own address; it has no credentials."""
        return {"ISSUER": region.issuers["acme"], "PORT": str(region.mcp_port)}

    @staticmethod
    def _start(argv: list[str], **environment: str) -> subprocess.Popen[bytes]:
        # In a session of its own, so that Ctrl-C reaches this process alone and the parts end in order.
        return subprocess.Popen(  # noqa: S603  our own programs, no shell
            argv, cwd=settings.BASE_DIR, env=os.environ | environment, start_new_session=True
        )

    @staticmethod
    def _wait_until_all_listen(running: list[subprocess.Popen[bytes]], wanted: Iterable[int]) -> None:
        deadline = time.monotonic() + START_SECONDS
        for port in wanted:
            while time.monotonic() < deadline and all(process.poll() is None for process in running):
                with socket.socket() as probe:
                    if probe.connect_ex((ports.HOST, port)) == 0:
                        break
                time.sleep(0.1)

    @staticmethod
    def _end(running: list[subprocess.Popen[bytes]]) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    @staticmethod
    def _name_advice(region: Region) -> list[str]:
        """Where this machine does not know names below localhost, agents do not either (browsers and curl do)."""
        host = urlsplit(region.issuers["acme"]).hostname
        try:
            socket.getaddrinfo(host, None)
        except OSError:
            return [
                f"      This machine does not know {host}: agents need the line 127.0.0.1 {host} in /etc/hosts"
            ]
        return []

    def _introduce(self, region: Region) -> None:
        lines = ["", "qlikauth is running. Ctrl-C stops it.", ""]
        for alias, issuer in region.issuers.items():
            lines.append(f"  {issuer}/console")
            lines += [
                f"      {email:<24} {region.passwords[email]:<22} {role.label}"
                for email, _, role in PEOPLE[alias]
            ]
        lines += [
            "",
            f"  {region.application_url}",
            "      the demonstration application: sign in with acme",
            f"  {region.portal_url}",
            "      an application of Globex for every tenant: sign in with acme or globex",
            f"  {region.mcp_url}",
            "      an MCP server of acme, for agents. Connect one, for example:",
            f"          claude mcp add --transport http notes {region.mcp_url}",
            "          npx @modelcontextprotocol/inspector",
            "      acme does not know the agent yet: sign in as alice and approve it, then allow it to act for you",
            *self._name_advice(region),
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()  # also when nobody but a file is watching
