"""What the documentation says to type works: each console line and each Python block, in order, in a folder
of its own that sees the checkout's config/, examples/ and bench/."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "bench" / "README.md"]
# Parts of a line (between &&) that make an environment, or run tests and benchmarks: .ci/run and .ci/long cover these.
COVERED_BY_CI = re.compile(r"-m venv|activate|pip install|pytest|docker|\.ci/|bench/peers/|bench/callgrind")
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
# What an installation need not have.
BUILD_TOOLS = {"g++", "meson", "ninja"}
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks() -> list[object]:
    found = []
    for page in PAGES:
        if not page.exists():
            continue
        text = page.read_text()
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start()) + 1
            found.append(pytest.param(page, block[1], block[2], id=f"{page.relative_to(ROOT)}:{line}"))
    return found


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """One working folder a page, so that a block finds what the ones before it wrote."""
    made = {}
    for page in PAGES:
        made[page] = tmp_path_factory.mktemp(page.stem)
        for name in ("config", "examples", "bench"):
            (made[page] / name).symlink_to(ROOT / name)
    return made


def check(command: list[str] | str, cwd: Path, **options: object) -> None:
    env = {**os.environ, "PATH": PATH}
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize(("page", "language", "source"), blocks())
def test_a_documented_block_works(page: Path, language: str, source: str, folders: dict[Path, Path]) -> None:
    if language == "python":
        check([sys.executable, "-c", source], folders[page])
        return
    commands = [line[2:] for line in source.splitlines() if line.startswith("$ ")]
    assert commands, "a console block without a line that begins with `$ `"
    for command in commands:
        parts = [part for part in command.split(" && ") if not COVERED_BY_CI.search(part)]
        for part in parts:
            if (tool := part.split()[0]) in BUILD_TOOLS and shutil.which(tool, path=PATH) is None:
                pytest.skip(f"needs {tool}")
        if parts:
            check(" && ".join(parts), folders[page], shell=True, executable="/bin/bash")


def test_what_the_documentation_writes_is_ignored(folders: dict[Path, Path]) -> None:
    """A checkout in which the pages were followed is still clean."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    entries = [entry for folder in folders.values() for entry in folder.iterdir() if not entry.is_symlink()]
    written = {f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries}
    written.add("first_run/")  # of the first command, which .ci/run runs
    ignored = subprocess.run(["git", "check-ignore", *written], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert written - set(ignored) == set()


def test_no_block_needs_recorded_data() -> None:
    assert not [page for page, _, source in (block.values for block in blocks()) if "LUMINA_TEST_DATA" in source]


def test_the_readme_begins_with_the_two_commands() -> None:
    commands = [line[2:] for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("$ ")]
    assert "python -m lumina.backtester" in commands[0]
    assert commands[1].endswith("pytest")
