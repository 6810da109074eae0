"""The system packages that some suites need: installed where that is possible, else named.

As root on Debian (CI, containers) missing ones are installed by apt-get. Anywhere else nothing is touched:
the suites that need them skip, and this says which and how to get them. Never fails the build by itself.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CHROMIUM_COMMANDS = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> Path | None:
    """The browser that the browser suite drives."""
    return next((Path(path) for name in CHROMIUM_COMMANDS if (path := shutil.which(name))), None)


def libfaketime() -> Path | None:
    """The library that lets the end-to-end suite move the local cloud's clock."""
    from local.cloud.launcher import faketime_library

    return faketime_library()


@dataclass(frozen=True, slots=True)
class SystemPackage:
    name: str
    find: Callable[[], Path | None]
    skipped: str
    debian: tuple[str, ...]
    elsewhere: str


PACKAGES = (
    SystemPackage(
        name="chromium",
        find=chromium,
        skipped="tests/browser",
        debian=("chromium", "fonts-liberation"),
        elsewhere="brew install --cask chromium",
    ),
    SystemPackage(
        name="libfaketime",
        find=libfaketime,
        skipped="the tests of tests/e2e that travel in time",
        debian=("libfaketime",),
        elsewhere="brew install libfaketime",
    ),
)


FOR_BENCH = (
    SystemPackage(
        name="valgrind",
        find=lambda: Path(found) if (found := shutil.which("valgrind")) else None,
        skipped="make bench",
        debian=("valgrind",),
        elsewhere="(there is no valgrind for macOS: measure in a container)",
    ),
)


def missing(packages: Sequence[SystemPackage]) -> list[SystemPackage]:
    return [package for package in packages if package.find() is None]


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Sequence[SystemPackage]) -> bool:
    """Installs by apt-get: at once if the package lists are there, else after fetching them."""
    names = [name for package in packages for name in package.debian]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install_command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *names]
    for command in (install_command, ["apt-get", "update", "-q"], install_command):
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"system packages: {' '.join(command[:2])}: {error}", file=sys.stderr)
            return False
        if command is install_command and done.returncode == 0:
            return True
    print((done.stderr or done.stdout).strip()[-2000:], file=sys.stderr)
    return False


def explain(packages: Sequence[SystemPackage]) -> str:
    lines = ["", "!" * 100]
    for package in packages:
        lines += [
            f"{package.name} is missing: {package.skipped} will be SKIPPED. To run them:",
            f"    apt-get install {' '.join(package.debian)}    (Debian, Ubuntu; as root)",
            f"    {package.elsewhere}    (macOS)",
        ]
    return "\n".join([*lines, "!" * 100, ""])


def main(packages: Sequence[SystemPackage] = PACKAGES) -> int:
    wanted = missing(packages)
    if not wanted:
        return 0
    if can_install():
        names = ", ".join(package.name for package in wanted)
        print(f"system packages: installing {names} …", file=sys.stderr, flush=True)
        install(wanted)
    if still_missing := missing(wanted):
        print(explain(still_missing), file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(FOR_BENCH if sys.argv[1:] == ["bench"] else PACKAGES))
