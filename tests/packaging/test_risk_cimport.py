"""A module of one's own sends through a Python gate without the GIL, while Python changes its limits."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MODULE = """
from libc.stdint cimport uint64_t
from lumina._core.abi cimport LUMINA_BUY, LUMINA_LIMIT
from lumina._core._risk cimport RiskGate as PyGate
from lumina._core.risk cimport RiskGate

def send(PyGate gate, uint64_t orders, int lots):
    cdef RiskGate.Order order
    cdef RiskGate.Market market
    cdef uint64_t id
    cdef uint64_t passed = 0
    order.side, order.type, order.price_ticks, order.qty_lots = LUMINA_BUY, LUMINA_LIMIT, 100, lots
    market.now_ns = market.mid2 = market.reference2 = 0
    with nogil:
        for id in range(1, orders + 1):
            if <int>gate.gate.check(id, order, market) == 0:
                passed += 1
                gate.gate.on_end(id)
    return passed
"""

RUN = """
import lumina, risk_module
gate = lumina.RiskGate(lumina.RiskLimits(max_order_lots=5))
print(risk_module.send(gate, 1000, 5), risk_module.send(gate, 1000, 6))
gate.set_limits(lumina.RiskLimits(max_order_lots=6))
print(risk_module.send(gate, 1000, 6), gate.rejections[lumina.Reason.RISK_QUANTITY], gate.open_orders)
"""


def test_a_gate_from_a_module_of_ones_own(installed: Path, tmp_path: Path, run: Callable[..., str]) -> None:
    source, build = tmp_path / "source", tmp_path / "build"
    source.mkdir()
    meson = (ROOT / "examples" / "cython_strategy" / "meson.build").read_text()
    (source / "meson.build").write_text(meson.replace("touch_maker", "risk_module"))
    (source / "risk_module.pyx").write_text(MODULE)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    outside = {"cwd": tmp_path, "env": {**os.environ, "PATH": path, "PYTHONPATH": f"{installed}{os.pathsep}{build}"}}
    run("meson", "setup", build, source, **outside)
    run("ninja", "-C", build, **outside)
    assert run(sys.executable, "-c", RUN, **outside).splitlines() == ["1000 0", "1000 1000 0"]
