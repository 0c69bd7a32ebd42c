"""The wheel holds the package, whole and alone; the source distribution holds the repository."""

import importlib.machinery
import sys
import tarfile
import zipfile
from collections.abc import Callable
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTENSION_SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]


def files(folder: Path, *suffixes: str) -> set[str]:
    """Files below a folder of the tree, by suffix, relative to the folder; caches are none of it."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_exactly_the_package(names: set[str]) -> None:
    expected = {f"lumina/{name}" for name in files(ROOT / "lumina", ".py", ".pyi", ".pxd")}
    expected |= {f"lumina/{Path(name).with_suffix(EXTENSION_SUFFIX)}" for name in files(ROOT / "lumina", ".pyx")}
    expected |= {f"lumina/include/{name}" for name in files(ROOT / "include", ".hpp", ".h", ".inc")}
    expected |= {f"lumina/config/{name}" for name in files(ROOT / "config", ".yaml")}
    expected.add("lumina/py.typed")
    assert names == expected


def test_every_compiled_module_has_a_stub(names: set[str]) -> None:
    modules = {name.removesuffix(EXTENSION_SUFFIX) for name in names if name.endswith(EXTENSION_SUFFIX)}
    assert "lumina/_core/_types" in modules
    assert not {name for name in modules if f"{name}.pyi" not in names}


def test_the_version_stands_in_one_place(wheel: Path, installed: Path, run: Callable[..., str]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        version = Parser().parsestr(archive.read(metadata).decode())["Version"]
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); import lumina; print(lumina.__version__)"
    assert run(sys.executable, "-I", "-c", code).split() == [version]


def test_the_source_distribution_holds_the_repository(tmp_path: Path, run: Callable[..., str]) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("a source distribution is made from a git checkout, and this tree is none")
    listed = run("git", "ls-tree", "-r", "--name-only", "HEAD", cwd=ROOT).splitlines()
    run(
        *(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--skip-dependency-check"),
        *("--outdir", tmp_path, ROOT),
    )
    (path,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    assert names == {*listed, "PKG-INFO"}
