"""
The tests themselves: each asserts something, none goes through what it found without having found anything, and none
passes or fails by how fast its machine is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODULES = sorted(path for path in TESTS.rglob("*.py") if "node_modules" not in path.parts)
FILES = [path for path in MODULES if path.name.startswith("test_")]

ASSERTING = {"raises", "warns", "fail", "expect", "play", "fnmatch_lines", "run_state_machine_as_test", "then"}
"""What fails by itself where something is not so."""
ASSERTING_PREFIXES = ("assert_", "check_", "until", "eventually", "blocking_until", "require", "then_")
SEARCHES = {"glob", "rglob", "iterdir", "findall", "finditer", "walk"}
"""What finds nothing without a word."""
STOPWATCHES = {f"{each}{unit}" for each in ("process_time", "thread_time", "perf_counter") for unit in ("", "_ns")}
"""What is read to learn how long something takes. A limit of patience is looked at by `time.monotonic`."""
WITH_A_STOPWATCH = {
    "unit/benchmarks/test_measures.py": "it tests one",
    "unit/client/following/test_feed.py": "two take turns; the fault is in C, so that no lines can be counted",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def called(node: ast.AST) -> str:
    """The name of what is called, if anything is."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def asserts(function: ast.AST, helpers: dict[str, Function], seen: frozenset[str] = frozenset()) -> bool:
    """Whether it can fail on purpose: by itself, or in a helper of its module."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) or (
            isinstance(node, ast.Raise) and called(node.exc or node) == "AssertionError"
        ):
            return True
        name = called(node)
        if name in ASSERTING or name.startswith(ASSERTING_PREFIXES):
            return True
        if name in helpers and name not in seen and asserts(helpers[name], helpers, seen | {name}):
            return True
    return False


def without_an_assertion(tree: ast.AST) -> Iterator[str]:
    found = functions(tree)
    helpers = {each.name: each for each in found if not each.name.startswith("test_")}
    return (each.name for each in found if each.name.startswith("test_") and not asserts(each, helpers))


def over_what_may_be_empty(tree: ast.AST) -> Iterator[str]:
    """Functions that assert something of each thing found, straight from the search for it, and nothing else."""
    for function in functions(tree):
        asserted = {node for node in ast.walk(function) if isinstance(node, ast.Assert)}
        each_found = {
            inner
            for node in ast.walk(function)
            for loop in (each_of(node),)
            if loop is not None and any(called(part) in SEARCHES for part in ast.walk(loop))
            for inner in ast.walk(node)
        }
        if asserted and asserted <= each_found:
            yield function.name


def each_of(node: ast.AST) -> ast.AST | None:
    """What a loop, or an assertion about `all(…)`, goes through."""
    if isinstance(node, ast.For):
        return node.iter
    if isinstance(node, ast.Assert) and called(node.test) == "all" and isinstance(node.test, ast.Call):
        [what] = node.test.args
        return what.generators[0].iter if isinstance(what, ast.GeneratorExp) else what
    return None


def stopwatches(tree: ast.AST) -> set[str]:
    """Those that are read."""
    return {called(node) for node in ast.walk(tree)} & STOPWATCHES


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_every_test_can_fail(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert list(without_an_assertion(tree)) == [], "it asserts nothing"
    assert list(over_what_may_be_empty(tree)) == [], "assert first that something was found"


def test_none_measures_its_machine() -> None:
    """Work is counted instead: `tests/support/steps.py`. What things take is told by the benchmarks."""
    measuring = {
        str(path.relative_to(TESTS)) for path in MODULES if stopwatches(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert measuring == WITH_A_STOPWATCH.keys()


HARMLESS = """
def test_one():
    print("looks good")

def test_two():
    for page in folder.glob("*.md"):
        assert page

async def test_three():
    await helper()
    assert all(line for line in re.findall(pattern, text))

async def helper():
    pass

def test_that_counts():
    for number, page in enumerate(folder.glob("*.md")):
        assert page
    assert number > 10

def test_four():
    helper_that_asserts()

def helper_that_asserts():
    deeper()

def deeper():
    assert False
"""


def test_a_test_that_can_not_fail_is_found() -> None:
    tree = ast.parse(HARMLESS)
    assert list(without_an_assertion(tree)) == ["test_one"]
    assert list(over_what_may_be_empty(tree)) == ["test_two", "test_three"]


def test_a_stopwatch_is_found() -> None:
    assert stopwatches(ast.parse("began = time.process_time()\nact()\nassert perf_counter() < 1")) == {
        "process_time",
        "perf_counter",
    }
