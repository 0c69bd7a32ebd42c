"""Every public name has a type: in the stub beside its module, or written in the module itself."""

import ast
import importlib
import inspect
import re
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import lumina

ROOT = Path(__file__).resolve().parents[1] / "lumina"


def module_name(path: Path) -> str:
    parts = ["lumina", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


STUBS = {module_name(path): path for path in sorted(ROOT.rglob("*.pyi"))}
SOURCES = {module_name(path): path for path in sorted(ROOT.rglob("*.py*")) if path.suffix in (".py", ".pyx")}


def declared(body: list[ast.stmt]) -> set[str]:
    """Names that the statements of a stub, or of a class in it, define or export."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.ImportFrom):  # `import X as X` exports
            names.update(alias.name for alias in node.names if alias.asname == alias.name)
    return names


def public(module: ModuleType) -> set[str]:
    """What a module offers: its __all__, else what it defines under a name without underscore."""
    if hasattr(module, "__all__"):
        return set(module.__all__)
    source = SOURCES[module.__name__].read_text()

    def is_own(name: str, value: object) -> bool:
        if inspect.isclass(value) or callable(value):
            return getattr(value, "__module__", None) == module.__name__
        return re.search(rf"^{name}\b[^=\n]*=", source, re.MULTILINE) is not None  # a constant, not an import

    return {name for name, value in vars(module).items() if not name.startswith("_") and is_own(name, value)}


@pytest.mark.parametrize("name", [name for name in SOURCES if not name.endswith("__main__")])
def test_every_public_name_has_a_type(name: str) -> None:
    module = importlib.import_module(name)
    if name in STUBS:
        assert public(module) - declared(ast.parse(STUBS[name].read_text()).body) == set()
        return
    assert SOURCES[name].suffix == ".py", f"{name} is compiled and has no stub"
    for item in public(module):
        value = getattr(module, item)
        functions = [value] if isinstance(value, FunctionType) else []
        if inspect.isclass(value):
            functions = [f for n, f in vars(value).items() if isinstance(f, FunctionType) and not n.startswith("_")]
        untyped = [f.__qualname__ for f in functions if "return" not in inspect.get_annotations(f)]
        assert not untyped, f"{name}: no types on {untyped}"


@pytest.mark.parametrize("name", STUBS)
def test_a_stub_declares_what_exists(name: str) -> None:
    module = importlib.import_module(name)
    body = ast.parse(STUBS[name].read_text()).body
    missing = {item for item in declared(body) if not item.startswith("_") and not hasattr(module, item)}
    for node in body:
        if isinstance(node, ast.ClassDef) and hasattr(module, node.name):
            kind = getattr(module, node.name)
            members = declared(node.body)
            if kind.__dictoffset__:  # attributes that __init__ sets are seen on instances only
                members -= {item.target.id for item in node.body if isinstance(item, ast.AnnAssign)}
            missing |= {f"{node.name}.{member}" for member in members if not hasattr(kind, member)}
    assert missing == set()


@pytest.mark.parametrize("name", [name for name, path in SOURCES.items() if path.suffix == ".pyx"])
def test_the_stub_of_a_compiled_class_has_its_members(name: str) -> None:
    module = importlib.import_module(name)
    classes = {node.name: node for node in ast.parse(STUBS[name].read_text()).body if isinstance(node, ast.ClassDef)}
    for item in public(module):
        kind = getattr(module, item)
        if inspect.isclass(kind):
            members = {member for member in vars(kind) if not member.startswith("_")}
            assert members - declared(classes[item].body) == set(), item


def test_the_package_itself_is_covered() -> None:
    assert set(lumina.__all__) <= declared(ast.parse(STUBS["lumina"].read_text()).body) | {"__version__"}
