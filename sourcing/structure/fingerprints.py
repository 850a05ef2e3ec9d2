"""
Per view, a fingerprint of the code that folds it: the same entries can be expected of the same fingerprint alone.

It takes in the compiled code of the view's projections, and of everything in their own package that they reach. It
takes in the upcasts of the events that they fold, and the shapes of events and view. Comments and layout don't matter.
Another version of Python compiles otherwise, and counts as other code. Code in other packages is not seen: rebuild the
view when such a package changes its answers.
"""

from __future__ import annotations

import enum
import hashlib
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from hazelgate.sourcing.declaring.registry import FoldRegistration
from hazelgate.sourcing.structure.shapes import shape_of

_SIMPLE = (str, bytes, int, float, complex, bool, type(None), type(Ellipsis))


def view_fingerprint(
    view: type[msgspec.Struct],
    indexes: Mapping[str, Sequence[str]],
    folds: Iterable[FoldRegistration],
    upcasts_of: Callable[[type], Iterable[Callable[..., Any]]],
) -> str:
    """
    The fingerprint of one view, of 24 hexadecimal digits.

    Args:
        indexes: By name, the fields that each sorts.
    """
    content: list[Any] = [shape_of(view), sorted(indexes.items())]
    content += sorted(
        (
            [
                fold.cls.__name__,
                shape_of(fold.cls),
                fold.key if isinstance(fold.key, str) else _code_of(fold.key),
                _code_of(fold.function),
                [_code_of(upcast) for upcast in upcasts_of(fold.cls)],
            ]
            for fold in folds
        ),
        key=repr,
    )
    return hashlib.blake2b(msgspec.json.encode(content, order="deterministic"), digest_size=12).hexdigest()


def _code_of(function: Callable[..., Any]) -> list[Any]:
    """The code of a function, and of everything that it reaches within its own package."""
    package = _package(str(getattr(function, "__module__", "")))
    seen: dict[int, object] = {}
    return list(_value(function, package, seen))


def _package(module: str) -> str:
    """The package of a module, within which calls are followed. Hazelgate's rooms count as packages of their own."""
    top, _, rest = module.partition(".")
    return f"{top}.{rest.partition('.')[0]}" if top == "hazelgate" else top


def _value(value: Any, package: str, seen: dict[int, object]) -> Iterator[Any]:
    if isinstance(value, _SIMPLE):
        yield repr(value)
        return
    if id(value) in seen:
        return
    seen[id(value)] = value  # kept, so that no other object gets its id
    if isinstance(value, types.CodeType):
        yield from _code(value, package, seen)
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = [list(_value(each, package, seen)) for each in value]
        yield parts if isinstance(value, (list, tuple)) else sorted(parts, key=repr)
    elif isinstance(value, Mapping):
        yield [[repr(key), list(_value(each, package, seen))] for key, each in value.items()]
    elif isinstance(value, types.FunctionType):
        yield from _function(value, package, seen)
    elif isinstance(value, type):
        yield from _class(value, package, seen)
    elif not isinstance(value, types.ModuleType):
        yield type(value).__qualname__
        if _package(type(value).__module__) not in (package, "hazelgate.sourcing", "functools", "builtins"):
            yield repr(value)  # a Decimal, a date, a compiled pattern


def _function(function: types.FunctionType, package: str, seen: dict[int, object]) -> Iterator[Any]:
    if _package(function.__module__) != package:
        yield f"{function.__module__}.{function.__qualname__}"
        return
    yield from _value(function.__code__, package, seen)
    yield from _value(function.__defaults__, package, seen)
    yield from _value(function.__kwdefaults__, package, seen)
    for cell in function.__closure__ or ():
        try:
            yield from _value(cell.cell_contents, package, seen)
        except ValueError:  # not filled yet
            continue
    for name in _globals_of(function.__code__):
        if name in function.__globals__:
            yield name
            yield from _value(function.__globals__[name], package, seen)


def _globals_of(code: types.CodeType) -> list[str]:
    """The names that it, or what is defined within it, may look up in its module."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names.update(_globals_of(constant))
    return sorted(names)


def _code(code: types.CodeType, package: str, seen: dict[int, object]) -> Iterator[Any]:
    yield hashlib.blake2b(code.co_code, digest_size=12).hexdigest()
    yield [list(code.co_names), code.co_argcount, code.co_kwonlyargcount]
    for constant in code.co_consts[1:] if _begins_with_docstring(code) else code.co_consts:
        yield list(_value(constant, package, seen))


def _begins_with_docstring(code: types.CodeType) -> bool:
    """Up to Python 3.12 the first constant of a `def` is its docstring, or None; from then on a flag says so."""
    if sys.version_info >= (3, 13):
        return bool(code.co_flags & 0x4000000)
    return not code.co_name.startswith("<")


def _class(cls: type, package: str, seen: dict[int, object]) -> Iterator[Any]:
    yield cls.__qualname__
    if _package(cls.__module__) != package:
        return
    if issubclass(cls, enum.Enum):
        yield [[member.name, repr(member.value)] for member in cls]
    if issubclass(cls, msgspec.Struct):
        yield list(cls.__struct_fields__)
        yield [list(_value(default, package, seen)) for default in cls.__struct_defaults__]
    for name, member in sorted(vars(cls).items()):
        if isinstance(member, (staticmethod, classmethod)):
            member = member.__func__
        elif isinstance(member, property):
            member = member.fget
        if isinstance(member, types.FunctionType) and _package(member.__module__) == package:
            yield name
            yield from _value(member, package, seen)
