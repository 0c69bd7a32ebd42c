"""What a user does with the installed package beside importing it."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CXX = os.environ.get("CXX", "g++")

USER_STRATEGY = """
# distutils: language = c++
from libc.stdint cimport int64_t
from lumina._core cimport abi
from lumina._core.types cimport Event

cdef void on_event(abi.lumina_ctx *ctx, const abi.lumina_event *event) noexcept nogil:
    (<int64_t *>ctx.user)[0] += event.qty_lots

def summed(int64_t start, int qty_lots):
    cdef int64_t total = start
    cdef abi.lumina_ctx ctx
    cdef abi.lumina_event event
    ctx.user = &total
    event.qty_lots = qty_lots
    on_event(&ctx, &event)
    return total, sizeof(Event), abi.LUMINA_ABI_VERSION
"""


@pytest.fixture
def outside(installed: Path, tmp_path: Path) -> dict[str, object]:
    """How to run a command away from the checkout, with the installed wheel before anything else."""
    return {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(installed)}}


def test_a_users_cython_module_builds_against_the_package(
    outside: dict[str, object], tmp_path: Path, run: Callable[..., str]
) -> None:
    (tmp_path / "user_strategy.pyx").write_text(USER_STRATEGY)
    headers = run(sys.executable, "-c", "import lumina; print(lumina.get_include())", **outside).strip()
    run(sys.executable, "-m", "cython", "-3", "--cplus", "user_strategy.pyx", **outside)
    run(
        *(CXX, "-std=c++20", "-shared", "-fPIC", "-I", headers, "-I", sysconfig.get_path("include")),
        *("user_strategy.cpp", "-o", "user_strategy" + sysconfig.get_config_var("EXT_SUFFIX")),
        **outside,
    )
    done = run(sys.executable, "-c", "import user_strategy; print(*user_strategy.summed(40, 2))", **outside)
    assert done.split() == ["42", "32", "1"]


def test_headers_compile_each_alone(installed: Path, run: Callable[..., str]) -> None:
    include = installed / "lumina" / "include"
    headers = sorted(path.relative_to(include) for path in include.rglob("*.h*"))
    assert Path("lumina/types.hpp") in headers
    check = (CXX, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", include, "-x", "c++", "-")
    for header in headers:
        run(*check, stdin=f'#include "{header}"\n')


def test_the_strategy_interface_is_plain_c(installed: Path, run: Callable[..., str]) -> None:
    include = installed / "lumina" / "include"
    check = ("gcc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I", include)
    run(*check, "-x", "c", "-", stdin='#include "lumina/strategy/abi.h"\n')


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The Python part of a checkout, without compiled modules."""
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "lumina", root / "lumina", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    return root


def test_a_checkouts_root_borrows_the_installed_core(
    checkout: Path, installed: Path, run: Callable[..., str]
) -> None:
    # sys.path is the working folder, PYTHONPATH, site-packages: the source tree is found first
    code = """
import lumina, lumina.errors, lumina._core._types
print(lumina.__file__, lumina.errors.__file__, lumina._core._types.__file__)
"""
    printed = run(sys.executable, "-c", code, cwd=checkout, env={**os.environ, "PYTHONPATH": str(installed)})
    package, errors, types = map(Path, printed.split())
    assert package.is_relative_to(checkout)
    assert errors.is_relative_to(installed)
    assert types.is_relative_to(installed)


def test_a_checkout_without_installation_says_what_to_run(checkout: Path) -> None:
    # -S: no site-packages, so no lumina but the source tree
    done = subprocess.run([sys.executable, "-S", "-c", "import lumina"], cwd=checkout, capture_output=True, text=True)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: lumina's compiled core is not built")
    assert last.endswith(f"run `pip install .` in {checkout}")
