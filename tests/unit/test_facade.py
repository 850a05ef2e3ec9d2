"""The façade: what a user imports, and nothing of it is undocumented or comes from elsewhere than it may."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

import hazelgate
import hazelgate.testing
from hazelgate.sourcing.structure.types import summary_of

SOURCE = Path(hazelgate.__file__).read_text(encoding="utf-8")


def for_type_checkers() -> dict[str, str]:
    """By name, the module that a type checker is told it comes from."""
    (block,) = (each for each in ast.parse(SOURCE).body if isinstance(each, ast.If))
    imports = [each for each in block.body if isinstance(each, ast.ImportFrom)]
    return {alias.name: f"{each.module}" for each in imports for alias in each.names}


def at_run_time() -> dict[str, str]:
    """By name, the module that it is imported from."""
    return {name: f"hazelgate.{module}" for name, module in hazelgate._MODULE_OF.items()}


def test_type_checkers_and_the_interpreter_are_told_the_same() -> None:
    assert for_type_checkers() == at_run_time()
    assert sorted(at_run_time()) == sorted(hazelgate.__all__)


def test_it_imports_sourcing_and_client_alone() -> None:
    """As each room's contract with import-linter says of the others; the façade contains them, so it can't have one."""
    rooms = {"hazelgate.sourcing", "hazelgate.client"}
    assert {".".join(module.split(".")[:2]) for module in at_run_time().values()} == rooms
    imported = {each.module for each in ast.walk(ast.parse(SOURCE)) if isinstance(each, ast.ImportFrom)}
    others = {module for module in imported if module and ".".join(module.split(".")[:2]) not in rooms}
    assert others == {"__future__", "importlib", "typing"}


def test_a_domain_loads_nothing_of_client() -> None:
    """A projector folds without it: the names of `client` are for programs, and come when they are asked for."""
    folder = Path(hazelgate.__file__).parent
    asked = [
        alias.name
        for path in sorted((folder / "domain").glob("*.py"))
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(each, ast.ImportFrom) and each.module == "hazelgate"
        for alias in each.names
    ]
    assert asked
    assert [name for name in asked if ".client." in at_run_time()[name]] == []


def test_every_name_is_there_and_no_other() -> None:
    assert all(getattr(hazelgate, name) is not None for name in hazelgate.__all__)
    assert set(dir(hazelgate)) == set(hazelgate.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Aggregate'"):
        hazelgate.Aggregate  # noqa: B018


@pytest.mark.parametrize("name", sorted(hazelgate.__all__))
def test_every_name_says_what_it_is(name: str) -> None:
    """A class or function by its docstring, a value by the text behind it."""
    value: Any = getattr(hazelgate, name)
    module = sys.modules[at_run_time()[name]]
    if isinstance(value, type) and value.__module__.startswith("hazelgate."):
        assert summary_of(value)
        return
    body = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8")).body
    for index, each in enumerate(body):
        if isinstance(each, ast.FunctionDef) and each.name == name:
            assert ast.get_docstring(each)
            return
        targets: list[ast.expr] = each.targets if isinstance(each, ast.Assign) else []
        if isinstance(each, ast.AnnAssign):
            targets = [each.target]
        if [ast.unparse(target) for target in targets] == [name]:
            behind = body[index + 1]
            assert isinstance(behind, ast.Expr)
            assert isinstance(behind.value, ast.Constant)
            return
    pytest.fail(f"{name} is not defined in {module.__name__}")


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    """So a process that needs a part does not wait for the rest: only a type checker sees the imports."""
    at_once = [each for each in ast.parse(SOURCE).body if isinstance(each, (ast.Import, ast.ImportFrom))]
    assert [ast.unparse(each) for each in at_once] == [
        "from __future__ import annotations",
        "from importlib import import_module",
        "from typing import TYPE_CHECKING, Any",
    ]


def test_tests_of_users_begin_with_given() -> None:
    assert hazelgate.testing.__all__ == ["given"]
    assert hazelgate.testing.given.__doc__
