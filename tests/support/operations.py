"""Operations over any derived schema by chance: aliases, fragments, directives, variables; some of them wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

from hazelgate.client.views.cursors import encode_opaque
from tests.support.worlds import KEYS, NO_KEYS

TYPENAME = "__typename"


@dataclass
class Operation:
    """A document with one operation, and its variables."""

    text: str
    variables: dict[str, Any]


@dataclass
class Operations:
    """
    Makes operations.

    Args:
        roots: The root fields that are asked for.
        types: The types that `node` leads to, for their global ids.
        avoid: Fields that are not asked for, by their names.
    """

    schema: GraphQLSchema
    chance: Random
    roots: Sequence[str]
    types: Sequence[str]
    avoid: frozenset[str] = frozenset()
    kind: str = "query"
    _definitions: dict[str, str] = field(default_factory=dict)
    _values: dict[str, Any] = field(default_factory=dict)
    _fragments: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def one(self) -> Operation:
        """The next; it may be one that validation refuses, as where two fields want one name."""
        self._definitions, self._values, self._fragments = {}, {}, {}
        root = self.schema.mutation_type if self.kind == "mutation" else self.schema.query_type
        assert root is not None
        selection = self._selection(
            root, depth=3, chosen=[self._pick(self.roots) for _ in range(self._some(1, 1, 1, 2, 3))]
        )
        variables = ", ".join(self._definitions.values())
        head = f"{self.kind} Q({variables})" if variables else f"{self.kind} Q" if self._maybe(0.5) else self.kind
        text = "\n".join([f"{head} {selection}", *self._fragments.values()])
        return Operation(text, self._values)

    # ------------------------------------------------------------ selections

    def _selection(self, made: GraphQLObjectType, depth: int, chosen: Sequence[str] | None = None) -> str:
        names = list(chosen or self._fields_of(made, depth))
        parts = [self._field(made, name, depth) for name in names]
        if self._maybe(0.2):
            parts.append(f"{self._alias(0.4)}{TYPENAME}{self._directives()}")
        if self._maybe(0.2) and parts:
            parts.append(self._pick(parts))  # once more: the executor merges them
        if chosen is None and self._maybe(0.25):
            parts.append(self._fragment(made, depth))
        self.chance.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def _fields_of(self, made: Any, depth: int) -> list[str]:
        fields = {name: each for name, each in made.fields.items() if name not in self.avoid}
        if depth <= 0:
            fields = {name: each for name, each in fields.items() if is_leaf_type(get_named_type(each.type))}
        names = list(fields)
        found = self.chance.sample(names, min(len(names), self._some(1, 1, 2, 3)))
        return found or [TYPENAME]

    def _field(self, made: Any, name: str, depth: int) -> str:
        if name == TYPENAME:
            return f"{self._alias(0.3)}{name}"
        declared: GraphQLField = made.fields[name]
        inner: Any = get_named_type(declared.type)
        selection = ""
        if isinstance(inner, GraphQLUnionType):
            selection = self._union(inner, depth)
        elif is_abstract_type(inner):
            selection = self._abstract(inner, depth - 1)
        elif isinstance(inner, GraphQLObjectType):
            selection = self._selection(inner, depth - 1)
        return f"{self._alias(0.25)}{name}{self._arguments(declared)}{self._directives()} {selection}"

    def _abstract(self, made: Any, depth: int) -> str:
        parts = [TYPENAME] if self._maybe(0.5) else ["id"]
        for each in self.chance.sample(list(self.types), min(len(self.types), 2)):
            found: Any = self.schema.type_map[each]
            parts.append(f"... on {each}{self._directives()} {self._selection(found, depth)}")
        return "{ " + " ".join(parts) + " }"

    def _union(self, made: GraphQLUnionType, depth: int) -> str:
        payload, *failures = made.types
        parts = [f"{self._alias(0.2)}{TYPENAME}"] if self._maybe(0.5) else []
        if self._maybe(0.9) or not parts:
            parts.append(f"... on {payload.name}{self._directives()} {self._selection(payload, depth)}")
        parts += [
            f"... on {each.name}{self._directives()} {self._selection(each, depth)}"
            for each in self.chance.sample(failures, self._some(0, 1, 2, 6))
        ]
        if self._maybe(0.4):
            interface: Any = self.schema.type_map["EventError"]
            parts.append(f"... on EventError {self._selection(interface, depth)}")
        self.chance.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def _fragment(self, made: GraphQLObjectType, depth: int) -> str:
        selection = self._selection(made, depth - 1)
        way = self._some("inline", "typed", "named", "interface")
        if way == "named":
            self._count += 1
            name = f"F{self._count}"
            self._fragments[name] = f"fragment {name} on {made.name} {selection}"
            return f"...{name}{self._directives()}"
        if way == "interface" and made.interfaces:
            interface = made.interfaces[0]
            return f"... on {interface.name}{self._directives()} {{ {self._alias(0.3)}{next(iter(interface.fields))} }}"
        return f"...{f' on {made.name}' if way == 'typed' else ''}{self._directives()} {selection}"

    def _alias(self, share: float) -> str:
        if not self._maybe(share):
            return ""
        self._count += 1
        return f"{self._some('x', 'a', 'id', 'node', 'edges') if self._maybe(0.2) else f'a{self._count}'}: "

    def _directives(self) -> str:
        if not self._maybe(0.15):
            return ""
        made: Any = GraphQLNonNull(self.schema.type_map["Boolean"])
        value = self.chance.random() < 0.5
        shown = self._variable(made, value) if self._maybe(0.6) else json.dumps(value)
        return f" @{self._some('skip', 'include')}(if: {shown})"

    # ------------------------------------------------------------ arguments

    def _arguments(self, declared: GraphQLField) -> str:
        given = []
        for name, argument in declared.args.items():
            required = isinstance(argument.type, GraphQLNonNull)
            if not required and not self._maybe(_SHARES.get(name, 0.15)):
                continue
            given.append(f"{name}: {self._argument(name, argument)}")
        return f"({', '.join(given)})" if given else ""

    def _argument(self, name: str, argument: GraphQLArgument) -> str:
        value = self._value(argument.type, name)
        return self._variable(argument.type, value) if self._maybe(0.5) else self._literal(argument.type, value)

    def _value(self, made: Any, name: str, depth: int = 3) -> Any:
        if isinstance(made, GraphQLNonNull):
            return self._value(made.of_type, name, depth)
        if self._maybe(0.03):
            return None
        if isinstance(made, GraphQLList):
            return [self._value(made.of_type, name, depth) for _ in range(self._some(0, 1, 2, 5))]
        if isinstance(made, GraphQLEnumType):
            return self._pick(list(made.values))
        if isinstance(made, GraphQLInputObjectType):
            fields = {n: e for n, e in made.fields.items() if depth > 0 or is_leaf_type(get_named_type(e.type))}
            chosen = {n for n, e in fields.items() if isinstance(e.type, GraphQLNonNull)}
            optional = [n for n in fields if n not in chosen]
            chosen |= set(self.chance.sample(optional, min(len(optional), 1)))
            return {n: self._value(fields[n].type, n, depth - 1) for n in fields if n in chosen}
        return self._scalar(made.name, name)

    def _scalar(self, scalar: str, name: str) -> Any:
        if name in ("after", "before"):
            return encode_opaque("x") if self._maybe(0.7) else "no cursor"
        if name in ("id", "ids"):
            return encode_opaque(f"{self._pick(self.types)}:{self._pick(KEYS)}") if self._maybe(0.9) else "none"
        if scalar == "Int":
            return self._some(1, 2, 3, 5, 10) if self._maybe(0.9) else self._some(0, -1, 1_001)
        values: dict[str, tuple[Any, ...]] = {
            "ID": (*KEYS * 5, *NO_KEYS),
            "String": ("a", "", "2026"),
            "Boolean": (True, False),
            "Float": (0.5, 1),
            "Long": (0, 2**40),
            "Decimal": ("1.5", 2),
            "DateTime": ("2026-01-01T00:00:00Z",),
            "Date": ("2026-01-01",),
            "JSON": ({"a": 1},),
        }
        return self._pick(values[scalar])

    def _variable(self, made: Any, value: Any) -> str:
        self._count += 1
        name = f"v{self._count}"
        declared = str(made)
        if self._maybe(0.15) and isinstance(made, GraphQLNonNull) and value is not None:
            self._definitions[name] = f"${name}: {made.of_type} = {self._literal(made, value)}"
            if self._maybe(0.1):
                self._values[name] = None  # null is a value, and no default
        elif self._maybe(0.1) and not isinstance(made, GraphQLNonNull):
            self._definitions[name] = f"${name}: {declared}"
        else:
            self._definitions[name] = f"${name}: {declared}"
            self._values[name] = value if not self._maybe(0.03) else self._some(None, 7, "x", [], {})
        return f"${name}"

    def _literal(self, made: Any, value: Any) -> str:
        if isinstance(made, GraphQLNonNull):
            return self._literal(made.of_type, value)
        if value is None:
            return "null"
        if isinstance(made, GraphQLList):
            return "[" + ", ".join(self._literal(made.of_type, each) for each in value) + "]"
        if isinstance(made, GraphQLEnumType):
            return str(value)
        if isinstance(made, GraphQLInputObjectType):
            fields = ", ".join(f"{name}: {self._part(made.fields[name].type, each)}" for name, each in value.items())
            return "{" + fields + "}"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{name}: {json.dumps(each)}" for name, each in value.items()) + "}"
        return json.dumps(value)

    def _part(self, made: Any, value: Any) -> str:
        return self._variable(made, value) if self._maybe(0.1) else self._literal(made, value)

    # ------------------------------------------------------------ chance

    def _maybe(self, share: float) -> bool:
        return self.chance.random() < share

    def _pick(self, among: Sequence[Any]) -> Any:
        return self.chance.choice(among)

    def _some(self, *among: Any) -> Any:
        return self.chance.choice(among)


_SHARES = {
    "options": 0.4,
    "first": 0.5,
    "sort": 0.4,
    "filter": 0.2,
    "asOf": 0.03,
    "minRevision": 0.03,
    "after": 0.05,
    "before": 0.03,
}
"""How often an argument that may be left out is given."""
