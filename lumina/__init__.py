"""Lumina: market-making research and execution over a C++20 core."""
import importlib.util as _util
from pathlib import Path as _Path


def _use_installed_core() -> None:
    # From the root of a checkout, Python finds this source tree, which holds no compiled modules, before
    # the installed package: borrow the installed one's.
    import sys

    here = _Path(__file__).parent
    if any((here / "_core").glob("_types.*.so")) or any((here / "_core").glob("_types.*.pyd")):
        return
    for entry in sys.path:
        candidate = _Path(entry or ".").resolve() / "lumina"
        if candidate != here and any((candidate / "_core").glob("_types.*")):
            __path__.insert(0, str(candidate))
            return
    if _util.find_spec("lumina._core._types") is None:
        raise ImportError(
            f"lumina's compiled core is not built beside {here}: run `pip install .` in the checkout's root"
        )


_use_installed_core()

from lumina._core._book import DepthBook  # noqa: E402
from lumina._core._types import EVENT  # noqa: E402
from lumina.errors import LuminaError  # noqa: E402

__version__ = "0.1.0"


def get_include() -> str:
    """Folder to pass to a compiler as -I for `#include "lumina/..."`."""
    for root in __path__:
        for folder in (_Path(root) / "include", _Path(root).parent / "include"):
            if (folder / "lumina" / "types.hpp").is_file():
                return str(folder)
    raise ImportError("lumina's headers are not installed")


__all__ = ["DepthBook", "EVENT", "LuminaError", "__version__", "get_include"]
