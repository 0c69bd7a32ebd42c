"""The instruction counts of the hot paths: how they are read, and that they are counted."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "bench" / "callgrind.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("callgrind", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_total_of_a_profile(script: ModuleType) -> None:
    assert script.total("version: 1\nevents: Ir\nfn=(1) main\n3 40\n\ntotals: 1234567\n") == 1234567
    assert script.total("events: Ir\nsummary: 98\n") == 98
    with pytest.raises(ValueError, match="no summary"):
        script.total("events: Ir\n3 40\n")


def test_every_case_says_what_its_operation_is(script: ModuleType) -> None:
    source = SCRIPT.with_suffix(".cpp").read_text()
    for case in script.OPERATIONS:
        assert f'{{"{case}",' in source


def test_a_count_out_of_range_is_refused() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--count", "0"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "--count 0 is not in 1 to 16384" in done.stderr


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_the_operations_alone_are_counted(script: ModuleType, tmp_path: Path) -> None:
    source = """
        #include <cstdlib>
        #include <cstring>
        int main(int, char** argv) {
          const unsigned long count = std::strtoul(argv[2], nullptr, 10);
          for (volatile int i = 0; i < 5000; i = i + 1) {}
          if (std::strcmp(argv[1], "three") == 0) {
            for (unsigned long i = count; i != 0; --i) asm volatile("nop\\n nop\\n nop");
          } else {
            for (unsigned long i = count; i != 0; --i) asm volatile(".rept 13\\n nop\\n .endr");
          }
        }
    """
    (tmp_path / "driver.cpp").write_text(source)
    driver = tmp_path / "driver"
    subprocess.run(["g++", "-O2", tmp_path / "driver.cpp", "-o", driver], check=True)
    three, thirteen = (script.measure(driver, case, 1000, tmp_path) for case in ("three", "thirteen"))
    assert thirteen - three == pytest.approx(10, abs=0.2)  # reading the count's digits differs a little
    assert 4 <= three <= 8
