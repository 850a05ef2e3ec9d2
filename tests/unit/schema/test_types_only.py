"""The room of types reads nothing: whatever waits for a cluster is in the resolvers or the subscriptions."""

import ast
from pathlib import Path

import pytest

import hazelgate.schema

ROOM = Path(hazelgate.schema.__file__).parent
MODULES = sorted(str(path.relative_to(ROOM)) for path in ROOM.rglob("*.py"))


def waits(source: str) -> list[int]:
    """Lines at which the module waits for something, or has a function that could."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            found.append(node.lineno)
        elif isinstance(node, ast.comprehension) and node.is_async:
            found.append(node.iter.lineno)
    return sorted(set(found))


def test_the_room_has_modules() -> None:
    """The test below looks at something."""
    assert {"connections.py", "events/records.py", "derived/values.py"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_types_waits_for_nothing(module: str) -> None:
    assert waits((ROOM / module).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "async def history(): pass",
        "class Order:\n    async def history(self): pass",
        "def all(reads):\n    return [each async for each in reads]",
    ],
)
def test_a_module_that_waits_is_noticed(source: str) -> None:
    assert waits(source)
