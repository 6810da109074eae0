"""The setup finds its Python, installs once, and says in one paragraph what is wrong."""

import io
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from local.setup import bootstrap, system_packages
from local.setup.bootstrap import ROOT, Reporter, SetupError

LOCKS = ("venv", "layer", "uv", "checkov", "bench", "fuzz")


def interpreter(path: Path, answer: str = "3.13", complaint: str = "") -> Path:
    """A fake Python that answers every question alike, or fails with a complaint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{complaint}' >&2\nexit 1\n" if complaint else f"#!/bin/sh\necho {answer}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has only what the setup reads."""
    for name in (*bootstrap.MADE_FROM, "requirements/checkov.txt", "requirements/bench.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("3.13\n" if name == ".python-version" else f"{name}==1\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nscripts = { hello = "some.module:main" }\n')
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the setup runs: recorded, and imitated as far as its next step needs."""
    ran: list[list[str]] = []

    def record(command: list[str | Path], doing: str, progress: object, env: object = None) -> None:
        ran.append([str(part) for part in command])
        if "venv" in ran[-1]:
            environment = Path(command[-1])
            interpreter(environment / "bin" / "python")
            interpreter(environment / "bin" / "uv")
            (environment / "bin" / "activate").write_text(f"VIRTUAL_ENV={environment}")
            (environment / "lib" / "python3.13" / "site-packages").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(bootstrap, "run", record)
    monkeypatch.setattr(bootstrap, "candidates", lambda version: [Path(sys.executable)])
    return ran


def quiet() -> Reporter:
    return Reporter(io.StringIO())


class TestFindingPython:
    def test_takes_the_first_that_works_and_remembers_what_was_wrong_with_the_others(self, tmp_path: Path) -> None:
        absent = tmp_path / "absent"
        shim = interpreter(tmp_path / "shim", complaint="pyenv: python3.13: command not found")
        bare = interpreter(tmp_path / "bare", complaint="ModuleNotFoundError: No module named ensurepip")
        other = interpreter(tmp_path / "other", "3.12")
        good = interpreter(tmp_path / "good")

        found, rejected = bootstrap.find_python("3.13", [absent, shim, bare, other, good])

        # The fake answers "3.13" to the question for its base, too: what counts is that it was asked.
        assert found == Path("3.13")
        assert rejected == [
            f"{absent}: does not start: FileNotFoundError",
            f"{shim}: pyenv: python3.13: command not found",
            f"{bare}: ModuleNotFoundError: No module named ensurepip",
            f"{other}: is Python 3.12",
        ]

    def test_goes_from_a_venv_to_the_interpreter_it_was_made_from(self) -> None:
        assert bootstrap.base_of(Path(sys.executable)).resolve() == Path(sys._base_executable).resolve()  # type: ignore[attr-defined]

    def test_looks_into_pyenv_itself_newest_first_and_not_at_other_builds(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("3.13.2", "3.13.10", "3.13.2t", "3.13-dev", "3.12.1", "3.1"):
            (tmp_path / "versions" / name).mkdir(parents=True)
        monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

        found = [path.relative_to(tmp_path / "versions") for path in bootstrap.pyenv_pythons("3.13")]

        assert found == [Path("3.13.10/bin/python"), Path("3.13.2/bin/python")]

    def test_looks_on_path_and_asks_uv(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        on_path = interpreter(tmp_path / "python3.13")
        interpreter(tmp_path / "uv", "/from/uv/python3.13")
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "no-pyenv"))

        assert list(bootstrap.candidates("3.13")) == [
            Path(sys.executable),
            on_path,
            Path("/from/uv/python3.13"),
        ]

    def test_says_how_to_get_python_when_there_is_none_and_no_download(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(command: object, doing: str, progress: object, env: object = None) -> None:
            raise bootstrap.failure(doing, ["error: dns error"])

        old = interpreter(project / "old", "3.12")
        monkeypatch.setattr(bootstrap, "candidates", lambda version: [old])
        monkeypatch.setattr(bootstrap, "run", refuse)
        told = io.StringIO()

        assert bootstrap.main([], project, told) == 1
        assert "Python 3.13 is missing" in told.getvalue()
        assert "pyenv install 3.13" in told.getvalue()
        assert f"{old}: is Python 3.12" in told.getvalue()
        assert "dns error" in told.getvalue()


class TestInstalling:
    def test_installs_once(self, project: Path, commands: list[list[str]]) -> None:
        bootstrap.set_up(project, quiet())

        assert [command[1:4] for command in commands] == [
            ["-I", "-m", "venv"],
            ["-I", "-m", "pip"],
            ["pip", "sync", "--compile-bytecode"],
        ]
        assert all("--require-hashes" in command for command in commands[1:])

        commands.clear()
        bootstrap.set_up(project, quiet())
        assert commands == []

    @pytest.mark.parametrize("changed", [name for name in bootstrap.MADE_FROM if name != ".python-version"])
    def test_a_change_of_what_it_is_made_from_installs_again_in_place(
        self, project: Path, commands: list[list[str]], changed: str
    ) -> None:
        bootstrap.set_up(project, quiet())
        commands.clear()

        with open(project / changed, "a") as file:
            file.write("# changed\n")
        bootstrap.set_up(project, quiet())

        assert [command[1:3] for command in commands] == [["pip", "sync"]]

    def test_an_interrupted_setup_goes_on(
        self, project: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*args: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as once:
            once.setattr(bootstrap, "sync", interrupted)
            assert bootstrap.main([], project, io.StringIO()) == 130
        commands.clear()

        assert bootstrap.main([], project, io.StringIO()) == 0
        assert [command[1:3] for command in commands] == [["pip", "sync"]]

    def test_a_moved_venv_is_made_anew_and_keeps_its_tools(self, project: Path, commands: list[list[str]]) -> None:
        bootstrap.set_up(project, quiet())
        tool = interpreter(project / ".venv/tools/python/bin/python3.13")
        moved = project.rename(project.with_name("moved"))
        commands.clear()

        bootstrap.set_up(moved, quiet())

        assert commands[0][1:] == ["-I", "-m", "venv", str(moved / ".venv")]
        assert (moved / tool.relative_to(project)).exists()

    @pytest.mark.parametrize("names", [["checkov"], ["bench"], ["checkov", "bench"]])
    def test_tools_have_venvs_of_their_own(self, project: Path, commands: list[list[str]], names: list[str]) -> None:
        assert bootstrap.main(names, project, io.StringIO()) == 0
        made = [command[-1] for command in commands][-2 * len(names) :]
        places = [(f".venv/tools/{name}", f"requirements/{name}.txt") for name in names]
        assert made == [str(project / place) for pair in places for place in pair]

        commands.clear()
        assert bootstrap.main(names, project, io.StringIO()) == 0
        assert commands == []

    def test_writes_import_roots_and_commands(self, project: Path, commands: list[list[str]]) -> None:
        bootstrap.set_up(project, quiet())

        roots = (project / ".venv/lib/python3.13/site-packages/porchlight.pth").read_text()
        assert roots.splitlines() == [str(project / "layers/core"), str(project)]
        hello = project / ".venv/bin/hello"
        assert os.access(hello, os.X_OK)
        assert "from some.module import main" in hello.read_text()


class TestFailures:
    @pytest.mark.parametrize(
        ("said", "told"),
        [
            (
                "NewConnectionError(...): Temporary failure in name resolution",
                "registry could not be reached",
            ),
            ("error: error sending request for url: dns error", "registry could not be reached"),
            (
                "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE",
                "not the file that the lock names",
            ),
            ("error: Hash mismatch for `six==1.17.0`", "not the file that the lock names"),
            ("error: No space left on device", "Setup failed while installing uv"),
        ],
    )
    def test_a_failure_tells_network_from_hashes_from_the_rest(self, said: str, told: str) -> None:
        error = bootstrap.failure("installing uv", [said])

        assert told in str(error)
        assert said in str(error)

    def test_a_tool_that_fails_is_told_with_its_last_words(self) -> None:
        with pytest.raises(SetupError, match="No space left"):
            bootstrap.run(["/bin/sh", "-c", "echo No space left; exit 3"], "trying", lambda line: None)

    def test_a_python_too_old_is_told_so(self) -> None:
        """The first lines must run on a Python that knows nothing newer."""
        source = Path(bootstrap.__file__).read_text()
        start = source[: source.index("import contextlib")]
        start = start.replace("MINIMUM = (3, 11)", "MINIMUM = (99, 0)")

        done = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True)

        assert done.returncode == 1
        assert "Setup needs Python 99.0 or newer" in done.stderr


class TestSystemPackages:
    ABSENT = tuple(replace(package, find=lambda: None) for package in system_packages.PACKAGES)

    def test_where_it_may_not_install_it_says_what_is_skipped_and_how_to_get_it(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(system_packages, "can_install", lambda: False)

        assert system_packages.main(self.ABSENT) == 0

        told = capsys.readouterr().err
        assert "tests/browser will be SKIPPED" in told
        assert "apt-get install chromium" in told
        assert "apt-get install libfaketime" in told

    def test_as_root_on_debian_it_installs_fetching_the_package_lists_if_need_be(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ran: list[str] = []

        def apt_get(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
            ran.append(command[1])
            return subprocess.CompletedProcess(command, 0 if "update" in ran else 100, "", "not found")

        monkeypatch.setattr(system_packages, "can_install", lambda: True)
        monkeypatch.setattr(subprocess, "run", apt_get)

        system_packages.main(self.ABSENT)

        assert ran == ["install", "update", "install"]


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


class TestLockFiles:
    def test_the_layer_and_uv_have_the_versions_that_the_tests_run_with(self) -> None:
        everything = pins("venv").items()

        assert pins("layer").items() <= everything
        assert pins("uv").items() <= everything

    def test_the_layer_leaves_out_what_the_runtime_has(self) -> None:
        assert not {"boto3", "botocore", "s3transfer"} & set(pins("layer"))

    @pytest.mark.parametrize("lock", LOCKS)
    def test_every_package_has_its_hashes_and_no_place_is_named(self, lock: str) -> None:
        text = (ROOT / "requirements" / f"{lock}.txt").read_text()

        assert pins(lock)
        assert not re.findall(r"^[\w.-]+==[^\\\n]+$", text, re.MULTILINE), "a pin without a hash"
        assert not re.findall(r"https?://|--index-url|--find-links|(?<![\w.])/(?:home|root|tmp|Users)/", text)

    @pytest.mark.parametrize("lock", LOCKS)
    def test_what_is_asked_for_is_locked(self, lock: str) -> None:
        def asked(name: str) -> set[str]:
            lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
            included = [line.split()[1].removesuffix(".in") for line in lines if line.startswith("-r")]
            own = {match[0].lower() for line in lines if (match := re.match(r"[\w.-]+", line)) and line[0] != "-"}
            return own.union(*(asked(other) for other in included))

        assert asked(lock) <= set(pins(lock)), "run `make lock`"


class TestProjectFiles:
    def test_every_target_of_the_makefile_for_people_is_listed_by_help(self) -> None:
        text = (ROOT / "Makefile").read_text()
        phony = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split()
        described = re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE)

        assert set(phony) - {"setup-checks"} == set(described)

    def test_the_layer_is_built_for_the_architecture_that_the_functions_are_deployed_for(self) -> None:
        config = tomllib.loads((ROOT / "samconfig.toml").read_text())
        layer = re.search(r"^LAYER_ARCH \?= (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert layer

        for stage in ("dev", "staging", "prod"):
            for command in ("build", "deploy"):
                overrides = config[stage][command]["parameters"]["parameter_overrides"]
                assert overrides == f"Target=aws Stage={stage} Arch={layer[1]}"
            assert config[stage]["global"]["parameters"]["stack_name"] == f"porchlight-{stage}"

    def test_production_asks_before_it_changes_anything(self) -> None:
        config = tomllib.loads((ROOT / "samconfig.toml").read_text())

        assert config["prod"]["deploy"]["parameters"]["confirm_changeset"] is True
