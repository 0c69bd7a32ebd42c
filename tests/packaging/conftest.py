"""The wheel and its installation, built once a session."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _run(*command: object, stdin: str = "", **options: object) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, input=stdin, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def run() -> Callable[..., str]:
    """Runs a command and returns what it printed; when it fails, the assertion shows all of it."""
    return _run


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree; unoptimised, since nothing here measures it."""
    for tool in ("g++", "meson", "ninja", "cython"):
        if shutil.which(tool, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])) is None:
            pytest.skip(f"building needs {tool}")
    out = tmp_path_factory.mktemp("wheel")
    _run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--skip-dependency-check"),
        *("-Csetup-args=-Doptimization=0", "--outdir", out, ROOT),
    )
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel is installed to, to be put on PYTHONPATH."""
    target = tmp_path_factory.mktemp("installed")
    _run(sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", target, wheel)
    return target
