"""Every public name has a type: in the stub beside its module, or written in the module itself."""

import ast
import functools
import importlib
import inspect
import re
from collections.abc import Iterator
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


def described(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Public functions and classes, methods and properties of a stub, by name."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from described(node.body, f"{node.name}.")


COMPILED = [
    pytest.param(name, item, node, id=f"{name.removeprefix('lumina._core.')}.{item}")
    for name, path in SOURCES.items()
    if path.suffix == ".pyx"
    for item, node in described(ast.parse(STUBS[name].read_text()).body)
]


@pytest.mark.parametrize(("name", "item", "node"), COMPILED)
def test_help_says_what_the_stub_says(name: str, item: str, node: ast.FunctionDef | ast.ClassDef) -> None:
    value = functools.reduce(getattr, item.split("."), importlib.import_module(name))
    said = value.__doc__
    assert said, "nothing"
    if (written := ast.get_docstring(node)) is not None:
        assert inspect.cleandoc(said) == written
    if inspect.isdatadescriptor(value) or not callable(value):
        return
    if isinstance(node, ast.ClassDef):
        made = [member for member in node.body if isinstance(member, ast.FunctionDef) and member.name == "__init__"]
        if not made:
            return
        node = made[0]
    static = {getattr(mark, "id", "") for mark in node.decorator_list} & {"staticmethod"}
    inside = "." in item or node.name == "__init__"
    parameters = list(inspect.signature(value).parameters.values())
    if inside and parameters and parameters[0].name == "self":
        parameters = parameters[1:]
    stated = [*node.args.posonlyargs, *node.args.args]
    stated = [*(stated[1:] if inside and not static else stated), *node.args.kwonlyargs]
    variable = [argument for argument in (node.args.vararg, node.args.kwarg) if argument]
    assert {parameter.name for parameter in parameters} == {a.arg for a in [*stated, *variable]}
    by_place = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    assert by_place == [a.arg for a in stated if a not in node.args.kwonlyargs]
    defaults = {parameter.name: parameter.default for parameter in parameters}
    places = [*node.args.posonlyargs, *node.args.args]
    written_defaults = dict(
        zip([a.arg for a in places][len(places) - len(node.args.defaults) :], node.args.defaults, strict=True)
    ) | {a.arg: value for a, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if value}
    for argument in stated:
        default = defaults[argument.arg]
        assert (default is not inspect.Parameter.empty) == (argument.arg in written_defaults), argument.arg
        if argument.arg in written_defaults:
            assert ast.unparse(written_defaults[argument.arg]) == repr(default), argument.arg


@pytest.mark.parametrize("name", [name for name in SOURCES if not name.endswith("__main__")])
def test_every_public_function_and_class_is_described(name: str) -> None:
    module = importlib.import_module(name)
    if not hasattr(module, "__all__") and "_core" not in name:
        return  # for the package itself
    values = {item: getattr(module, item) for item in public(module)}
    bare = {item for item, value in values.items() if (inspect.isclass(value) or callable(value)) and not value.__doc__}
    assert bare == set()


def test_the_package_itself_is_covered() -> None:
    assert set(lumina.__all__) <= declared(ast.parse(STUBS["lumina"].read_text()).body) | {"__version__"}
