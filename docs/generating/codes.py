"""The page of error codes: the tree of errors, and the codes that only the gateway uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import hazelgate.gateway
from docs.generating.markdown import code, one_line, table
from hazelgate.sourcing import errors


def classes(root: type[errors.HazelgateError] = errors.HazelgateError) -> Iterator[type[errors.HazelgateError]]:
    """The error classes, parents before their children."""
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from classes(child)


def tree() -> str:
    """The tree of errors, as the module draws it."""
    lines = (errors.__doc__ or "").splitlines()
    first = next(number for number, line in enumerate(lines) if "HazelgateError" in line)
    return "\n".join(line.removeprefix("    ") for line in lines[first:]).rstrip()


def of_the_gateway() -> dict[str, list[str]]:
    """The codes that stand in the gateway's source, each with the modules that use it."""
    folder = Path(hazelgate.gateway.__file__).parent
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        for written in _codes(ast.parse(path.read_text(encoding="utf-8"))):
            modules = found.setdefault(written, [])
            name = path.relative_to(folder).as_posix()
            if name not in modules:
                modules.append(name)
    return dict(sorted(found.items()))


def _codes(module: ast.Module) -> Iterator[str]:
    """The strings that are given as a code: in a dictionary, as an argument, or as its default."""
    for node in ast.walk(module):
        match node:
            case ast.Dict(keys=keys, values=values):
                pairs = zip(keys, values, strict=True)
                yield from (found for key, value in pairs if _text(key) == "code" and (found := _text(value)))
            case ast.keyword(arg="code", value=value):
                yield from filter(None, [_text(value)])
            case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments):
                named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
                yield from (found for each, value in named if each.arg == "code" and (found := _text(value)))


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def page() -> str:
    """The page."""
    rows = [(code(each.code), code(each.__name__), one_line(each.__doc__).split(" Args:")[0]) for each in classes()]
    gateway = [(code(name), ", ".join(map(code, modules))) for name, modules in of_the_gateway().items()]
    return (
        "# Error codes\n\nA code is stable: switch on it, and not on the message.\n\n"
        "An event that does not go through is a *value* in GraphQL, of the interface `EventError` with its `code`.\n"
        "Any other error has its code in `errors[].extensions.code`.\n\n"
        "## The errors of Hazelgate\n\n"
        f"```text\n{tree()}\n```\n\n"
        + table(("code", "Python", "meaning"), rows)
        + "## The errors of requests\n\nThe gateway answers these before or beside any field.\n\n"
        + table(("code", "module of `gateway/`"), gateway)
    )
