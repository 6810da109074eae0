"""Creates `.venv` from the lock files: `make setup`.

Runs under any Python from 3.11 on, with the standard library alone, before anything is installed:

1. find Python 3.13 (this interpreter, pyenv, PATH, uv), or let uv download one into `.venv/tools`;
2. create `.venv` with it and put the locked uv into that, by pip;
3. let uv install `requirements/venv.txt`, every file checked against its hash;
4. make `porchlight` and `local` importable there, and write the commands of `[project.scripts]`;
5. stamp `.venv` with a hash of all that, so that the next run does nothing.

`bootstrap.py checkov bench fuzz` also gives what is named a venv of its own from its own lock file: checkov, whose pins
contradict the others'; what `make bench` compares with; what `make fuzz` runs under.
Nothing is installed outside of the repository. What goes wrong is told in one paragraph; the exit code is 1.
"""

import sys

MINIMUM = (3, 11)

if sys.version_info < MINIMUM:  # before anything that an older Python cannot import
    sys.stderr.write(
        "Setup needs Python %d.%d or newer to start with, and %s is %s. Install a newer one, or run "
        "`python3.13 local/setup/bootstrap.py`.\n" % (*MINIMUM, sys.executable, sys.version.split()[0])
    )
    sys.exit(1)

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import threading
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parents[2]
IMPORT_ROOTS = ("layers/core", ".")
MADE_FROM = (
    ".python-version",
    "pyproject.toml",
    "requirements/uv.txt",
    "requirements/venv.txt",
    "local/setup/bootstrap.py",
)
UNREACHABLE = re.compile(
    r"name resolution|name or service not known|nodename nor servname|dns error|NewConnectionError"
    r"|ConnectTimeout|connection (refused|reset|timed out)|network is unreachable|error sending request"
    r"|tcp connect error|timed out|ProxyError|SSLError|certificate verify failed|invalid peer certificate",
    re.IGNORECASE,
)
OTHER_FILE = re.compile(r"do not match the hashes|hash mismatch", re.IGNORECASE)

Progress = Callable[[str], None]


class SetupError(Exception):
    """Something that whoever runs the setup can put right: one paragraph, then the tool's last words."""

    def __init__(self, paragraph: str, said: Sequence[str] = ()) -> None:
        super().__init__("\n".join([paragraph, *(f"    {line}" for line in said[-12:])]))
        self.said = said


# -- finding Python ------------------------------------------------------------------------------------------


def wanted_version(root: Path) -> str:
    """The version in `.python-version`, such as `3.13`."""
    return (root / ".python-version").read_text().strip()


def pyenv_pythons(version: str) -> Iterator[Path]:
    """What pyenv has of this version, newest first. (Its shims work only where the version is selected.)"""
    root = os.environ.get("PYENV_ROOT")
    if not root and (pyenv := shutil.which("pyenv")):
        root = output_of([pyenv, "root"])
    exactly = re.compile(rf"{re.escape(version)}(\.\d+)?")
    folders = (Path(root) if root else Path.home() / ".pyenv").glob(f"versions/{version}*")
    found = [folder for folder in folders if exactly.fullmatch(folder.name)]
    for folder in sorted(found, key=lambda folder: [int(n) for n in folder.name.split(".")], reverse=True):
        yield folder / "bin" / "python"


def candidates(version: str) -> Iterator[Path]:
    """Where Python may be, cheapest look first. None of them is known to work yet."""
    yield Path(sys.executable)
    yield from pyenv_pythons(version)
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    uv = shutil.which("uv")
    if uv and (found := output_of([uv, "python", "find", "--no-python-downloads", version])):
        yield Path(found)


def rejection(python: Path, version: str) -> str | None:
    """Why this interpreter will not do, or None if it will."""
    check = "import sys, ensurepip, sqlite3, ssl, venv; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-I", "-c", check], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not start: {error.__class__.__name__}"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["fails without a word"])[-1]
    return None if done.stdout.strip() == version else f"is Python {done.stdout.strip()}"


def find_python(version: str, among: Iterable[Path]) -> tuple[Path | None, list[str]]:
    """The first interpreter of this version that works, and what was wrong with those before it."""
    rejected = []
    for python in among:
        if reason := rejection(python, version):
            rejected.append(f"{python}: {reason}")
        else:
            return base_of(python), rejected
    return None, rejected


def base_of(python: Path) -> Path:
    """The interpreter that a venv was made from: a new venv must not hang on another one."""
    return Path(output_of([python, "-I", "-c", "import sys; print(sys._base_executable)"]) or python)


def download_python(version: str, root: Path, rejected: Sequence[str], say: "Reporter") -> Path:
    """The last resort: uv, in a small venv of its own, downloads Python; both into `.venv/tools`."""
    tools = root / ".venv" / "tools"
    uv, env = tools / "uv" / "bin" / "uv", {**os.environ, "UV_PYTHON_INSTALL_DIR": str(tools / "python")}
    try:
        with say.step(f"downloading Python {version}, since there is none here") as progress:
            if not uv.exists():
                run([sys.executable, "-I", "-m", "venv", "--clear", tools / "uv"], "making a venv", progress)
                pip_install_uv(tools / "uv" / "bin" / "python", root, progress)
            run([uv, "python", "install", "--no-bin", version], "downloading Python", progress, env)
    except SetupError as error:
        raise SetupError(python_missing(version), [*rejected, *error.said]) from error
    return Path(output_of([uv, "python", "find", "--managed-python", version], env))


def python_missing(version: str) -> str:
    return (
        f"Python {version} is missing, the version that the Lambda functions run on: neither pyenv nor PATH "
        f"nor uv has one that works, and uv could not download it. Get it by one of "
        f"`pyenv install {version}`, `uv python install {version}`, `brew install python@{version}` and "
        f"`apt-get install python{version} python{version}-venv`; then run the same command again."
    )


# -- running and reporting -----------------------------------------------------------------------------------


class Reporter:
    """One line a step. On a terminal the line counts seconds and shows what the tool last said."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()

    def write(self, text: str) -> None:
        print(text, end="", file=self.stream, flush=True)

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[Progress]:
        """Reports a step; the function it gives takes what the tool says."""
        begun, over, said = time.monotonic(), threading.Event(), [""]

        def tick() -> None:
            while not over.wait(0.2):
                line = f"setup: {what} … {time.monotonic() - begun:.0f} s  {said[-1]}"
                self.write(f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}")

        thread = threading.Thread(target=tick, daemon=True)
        if self.live:
            thread.start()
        else:
            self.write(f"setup: {what} …\n")
        try:
            yield said.append
        finally:
            over.set()
            if self.live:
                thread.join()
                self.write("\r\033[K")
        self.write(f"setup: {what}: {time.monotonic() - begun:.1f} s\n")


def output_of(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> str:
    """What a command prints, or nothing if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def run(command: Sequence[str | Path], doing: str, progress: Progress, env: Mapping[str, str] | None = None) -> None:
    """Runs a tool and passes on what it says."""
    said: list[str] = []
    null, pipe, stdout = subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(command, stdin=null, stdout=pipe, stderr=stdout, text=True, env=env) as process:
        for line in process.stdout or ():
            said.append(line.rstrip())
            progress(line.strip())
    if process.returncode:
        raise failure(doing, said)


def failure(doing: str, said: Sequence[str]) -> SetupError:
    """What to tell about a tool that failed: a missing network is not a wrong file is not a surprise."""
    text = "\n".join(said)
    if UNREACHABLE.search(text):
        paragraph = (
            f"The Python package registry could not be reached while {doing}. Setup needs the network once: "
            "check the connection; behind a proxy or a mirror set HTTPS_PROXY, or PIP_INDEX_URL and "
            "UV_INDEX_URL. Then run the same command again."
        )
    elif OTHER_FILE.search(text):
        paragraph = (
            f"While {doing}, a package was not the file that the lock names, and was not installed. A mirror "
            "in between may have repacked it; if there is none, find out why before you run `make lock`."
        )
    else:
        paragraph = (
            f"Setup failed while {doing}. The tool's last words are below. "
            "`make clean` and the same command again starts afresh."
        )
    return SetupError(paragraph, said)


# -- environments --------------------------------------------------------------------------------------------


def pip_install_uv(python: Path, root: Path, progress: Progress) -> None:
    options = "--quiet --no-input --disable-pip-version-check --retries 2 --only-binary :all: --require-hashes"
    lock = str(root / "requirements" / "uv.txt")
    run([python, "-I", "-m", "pip", "install", *options.split(), "-r", lock], "installing uv", progress)


def sync(uv: Path, environment: Path, lock: Path, say: Reporter) -> None:
    """Makes the environment hold exactly what the lock file names."""
    packages = sum(1 for line in lock.read_text().splitlines() if re.match(r"\w", line))
    with say.step(f"installing the {packages} packages of requirements/{lock.name}") as progress:
        python = environment / "bin" / "python"
        # Compiled here once: the local cloud starts dozens of interpreters, which may not be allowed to keep what
        # they compile.
        command = (uv, "pip", "sync", "--compile-bytecode", "--python", python, "--require-hashes", lock)
        run(command, f"installing requirements/{lock.name}", progress)


def stamp(root: Path, made_from: Sequence[str]) -> str:
    """Changes with what an environment is made from, and with its place: a venv does not survive a move."""
    digest = hashlib.sha256(str(root).encode())
    for name in made_from:
        digest.update(b"\0" + name.encode() + b"\0" + (root / name).read_bytes())
    return digest.hexdigest()


def is_stamped(environment: Path, expected: str) -> bool:
    """Whether the environment is there, and as the lock files want it."""
    try:
        return (environment / "stamp").read_text() == expected and (environment / "bin" / "python").exists()
    except OSError:
        return False


def is_usable(environment: Path, version: str) -> bool:
    """Whether packages can be changed in place: the right Python, not moved, not half made."""
    try:
        at_home = str(environment) in (environment / "bin" / "activate").read_text()
    except OSError:
        return False
    uv, python = environment / "bin" / "uv", environment / "bin" / "python"
    return at_home and uv.exists() and rejection(python, version) is None


def create(environment: Path, python: Path, root: Path, say: Reporter) -> None:
    """An environment with uv in it; what else was there goes, but for `tools`."""
    with say.step(f"creating .venv with {python}") as progress:
        for path in environment.glob("*"):
            if path.is_dir() and not path.is_symlink() and path.name != "tools":
                shutil.rmtree(path)
            elif path.name != "tools":
                path.unlink()
        run([python, "-I", "-m", "venv", environment], "creating .venv", progress)
    with say.step("installing uv") as progress:
        pip_install_uv(environment / "bin" / "python", root, progress)


def write_import_roots(environment: Path, root: Path, version: str) -> None:
    """One .pth file in place of an editable install: nothing to build, and type checkers follow it."""
    paths = "".join(f"{(root / path).resolve()}\n" for path in IMPORT_ROOTS)
    (environment / "lib" / f"python{version}" / "site-packages" / "porchlight.pth").write_text(paths)


def write_commands(environment: Path, root: Path) -> None:
    """The commands of `[project.scripts]`. Through sh, since a path in a #! line may be too long."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    for name, target in project["scripts"].items():
        module, function = target.split(":")
        code = f"import sys; from {module} import {function}; sys.argv[0] = '{name}'; sys.exit({function}())"
        script = environment / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{environment}/bin/python" -P -c "{code}" "$@"\n')
        script.chmod(0o755)


@contextlib.contextmanager
def one_at_a_time(root: Path, say: Reporter) -> Iterator[None]:
    with open(root / ".python-version") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say.write("setup: another setup is at work here, waiting for it …\n")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def set_up(root: Path, say: Reporter) -> None:
    """`.venv`, as the lock files want it."""
    environment, expected = root / ".venv", stamp(root, MADE_FROM)
    if is_stamped(environment, expected):
        return
    version = wanted_version(root)
    (environment / "stamp").unlink(missing_ok=True)
    if not is_usable(environment, version):
        python, rejected = find_python(version, candidates(version))
        create(environment, python or download_python(version, root, rejected, say), root, say)
    sync(environment / "bin" / "uv", environment, root / "requirements" / "venv.txt", say)
    write_import_roots(environment, root, version)
    write_commands(environment, root)
    (environment / "stamp").write_text(expected)


def set_up_tool(name: str, root: Path, say: Reporter) -> None:
    """`requirements/<name>.txt`, in a venv of its own: `.venv/tools/<name>`."""
    environment, expected = root / ".venv/tools" / name, stamp(root, [f"requirements/{name}.txt"])
    if is_stamped(environment, expected):
        return
    uv, python = root / ".venv/bin/uv", root / ".venv/bin/python"
    with say.step(f"creating a venv for {name}") as progress:
        command = (uv, "venv", "--quiet", "--clear", "--python", python, environment)
        run(command, f"creating a venv for {name}", progress)
    sync(uv, environment, root / "requirements" / f"{name}.txt", say)
    (environment / "stamp").write_text(expected)


def main(arguments: Sequence[str], root: Path = ROOT, stream: TextIO | None = None) -> int:
    say = Reporter(stream)
    try:
        with one_at_a_time(root, say):
            set_up(root, say)
            for name in arguments:
                set_up_tool(name, root, say)
    except SetupError as error:
        say.write(f"\n{error}\n")
        return 1
    except KeyboardInterrupt:
        say.write("\nsetup: stopped; the same command goes on from here\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
