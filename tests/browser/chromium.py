"""Finds the browser that the tests drive, and installs one where that can be done without asking.

`python -m tests.browser.chromium` prints where it is.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "QLIKAUTH_CHROMIUM"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Where Playwright keeps the browsers that it has downloaded, and where macOS keeps Chrome.
DOWNLOADED = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium_headless_shell-*/chrome-*/*headless*shell",
)
APPLICATIONS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
ADVICE = (
    "The browser tests need Chromium and found none. Install it with the system's package manager (Debian and "
    "Ubuntu: `apt-get install chromium`, macOS: `brew install --cask chromium`), or with "
    f"`.venv/bin/playwright install chromium`, or set {VARIABLE} to the path of a Chromium or Chrome."
)
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # Nothing but the tests' own requests leaves the browser.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str:
    """The path of a browser. Raises RuntimeError that says what to do when there is none and none can be installed."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        if not shutil.which(chosen):
            raise RuntimeError(f"{VARIABLE} is set to {chosen!r}, which is not a program.")
        return chosen
    for install in (lambda: None, with_apt, with_playwright):
        install()
        if path := installed():
            return path
    raise RuntimeError(ADVICE)


def arguments() -> list[str]:
    """The command line options of every start. Chromium's sandbox does not work for root."""
    return [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS


def installed() -> str | None:
    """The path of an installed browser, or None."""
    for program in PROGRAMS:
        if path := shutil.which(program):
            return path
    for pattern in DOWNLOADED:
        for folder in download_folders():
            if found := sorted(folder.glob(pattern)):
                return str(found[-1])
    return next((path for path in APPLICATIONS if Path(path).exists()), None)


def download_folders() -> list[Path]:
    chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    folders = [Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright"]
    return [Path(chosen), *folders] if chosen else folders


def with_apt() -> None:
    """Installs the package of Debian, as root."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            attempt(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *command], environment)


def with_playwright() -> None:
    """Downloads the build that Playwright is made for."""
    attempt([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


def attempt(command: list[str], environment: dict[str, str]) -> None:
    """Runs an installer. What it prints goes to standard error; whether it worked is seen from the browser."""
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{executable()}\n")
    except RuntimeError as error:
        sys.exit(str(error))
