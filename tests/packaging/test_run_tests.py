"""tests/run_tests in a tree of its own: what it counts, and what it says where something is missing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "run_tests"

PYTHON_TESTS = """
import pytest

def test_passes(): pass

@pytest.mark.skip(reason="of no use")
def test_skips(): pass

@pytest.mark.parametrize("value", [1, 2])
def test_fails(value): assert value == {expected}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two C++ tests that pass, a Python one that does, one that skips; /bin/sh stands in for a compiler."""
    for folder in ("tests/cpp", "build/tests/cpp"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("test_one", "test_two"):
        (tmp_path / "tests" / "cpp" / f"{name}.cpp").touch()
        program = tmp_path / "build" / "tests" / "cpp" / name
        program.write_text("#!/bin/sh\necho all is well\n")
        program.chmod(0o755)
    shutil.copy(SCRIPT, tmp_path / "tests")
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\ntestpaths = ['tests']\n")
    (tmp_path / "tests" / "test_python.py").write_text(PYTHON_TESTS.format(expected="value"))
    return tmp_path


def run_tests(tree: Path, *arguments: str) -> tuple[int, list[str], str]:
    done = subprocess.run(
        [sys.executable, tree / "tests" / "run_tests", *arguments], capture_output=True, text=True, cwd="/"
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_it_ends_with_one_line_of_counts(tree: Path) -> None:
    status, lines, _ = run_tests(tree)
    assert (status, lines[-1]) == (0, "5 passed, 0 failed, 1 skipped")


def test_arguments_are_those_of_pytest(tree: Path) -> None:
    status, lines, _ = run_tests(tree, "-k", "passes")
    assert (status, lines[-1]) == (0, "3 passed, 0 failed, 0 skipped")


def test_a_failure_in_either_language_is_named(tree: Path) -> None:
    (tree / "build" / "tests" / "cpp" / "test_two").write_text("#!/bin/sh\necho 'line 7: 1 != 2'\nexit 3\n")
    (tree / "tests" / "test_python.py").write_text(PYTHON_TESTS.format(expected=1))
    status, lines, _ = run_tests(tree)
    assert (status, lines[-1]) == (1, "3 passed, 2 failed, 1 skipped")
    assert lines[-3:-1] == ["FAILED tests/cpp/test_two.cpp", "FAILED tests/test_python.py::test_fails[2]"]
    assert "line 7: 1 != 2" in lines


def test_a_module_that_does_not_import_is_a_failure(tree: Path) -> None:
    (tree / "tests" / "test_python.py").write_text("import no_such_module\n")
    status, lines, _ = run_tests(tree)
    assert (status, lines[-1]) == (1, "2 passed, 1 failed, 0 skipped")


def test_a_program_that_is_not_built_is_no_pass(tree: Path) -> None:
    (tree / "build" / "tests" / "cpp" / "test_two").unlink()
    status, _, error = run_tests(tree)
    assert status == 1
    assert "1 of 2 C++ tests are not built, test_two for one: meson setup build" in error


def test_what_pytest_refuses_fails(tree: Path) -> None:
    assert run_tests(tree, "--no-such-option")[0] == 1
