"""The table of fields × roles, made from the schemas that the roles get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema

from hazelgate.api.loading import OwnApi
from hazelgate.client.rights.rows import as_filter
from hazelgate.client.rights.shapes import Shape, roles_named, shape_of
from hazelgate.gateway.graphql.executable_schema import OPEN_FIELDS, graphql_schema
from hazelgate.schema.derived.names import ViewNames
from hazelgate.sourcing.catalog import Catalog, ViewSpec
from hazelgate.sourcing.declaring.access import ANONYMOUS, AUTHENTICATED, Claim, Grant
from hazelgate.sourcing.model.names import upper_first

ALL, SOME, NONE = "all", "some", "–"
_ROOTS = ("Query", "Mutation", "Subscription")


def rights_page(catalog: Catalog, own: OwnApi | None, title: str) -> str:
    """Everything that each role may see and do, in Markdown."""
    fields = own.fields if own is not None else ()
    named = roles_named(catalog) | {grant.role for each in fields for grant in each.access}
    roles = [*sorted(named - {ANONYMOUS, AUTHENTICATED}), AUTHENTICATED, ANONYMOUS]
    shapes = {role: shape_of(catalog, {role} if role == ANONYMOUS else {role, AUTHENTICATED}) for role in roles}
    schemas = {role: graphql_schema(catalog, own, shape=shape) for role, shape in shapes.items()}
    whole = graphql_schema(catalog, own)
    text = [
        f"# {title}\n\n",
        "A gateway that knows its callers enforces this table. It is made from the schemas that the roles get.\n\n",
        f"`{ALL}` is all rows, `{SOME}` is those of a rule below. `{NONE}` is nothing: the role's schema lacks it.\n",
        f"A caller that is known has `{AUTHENTICATED}` besides its own roles. The others have `{ANONYMOUS}`.\n\n",
    ]
    by_field = {name: view for view in catalog.views.values() if view.in_api for name in _root_names(view)}
    for root in _ROOTS:
        made: Any = whole.type_map.get(root)
        if made is not None:
            rows = [
                [
                    f"`{name}`",
                    *(_of_root(root, name, by_field, shapes[role], schemas[role]) for role in roles),
                ]
                for name in made.fields
            ]
            text.append(f"## {root}\n\n{_table(['field', *roles], rows)}\n")
    for view in catalog.views.values():
        if view.in_api:
            made = whole.type_map[view.type_name]
            rows = [
                [f"`{name}`", *(_of_view(view, name, shapes[role], schemas[role]) for role in roles)]
                for name in made.fields
            ]
            text.append(f"## {view.type_name}\n\n{_table(['field', *roles], rows)}\n")
            text += _rules(view.access)
    text.append(f"## Events\n\n{_table(['event', *roles], _events(catalog, shapes, roles))}\n")
    for spec in catalog.specs.values():
        text += [f"`{spec.name}`: {rule}" for rule in _rules(spec.readers)]
    return "".join(text).rstrip("\n") + "\n"


def _root_names(view: ViewSpec) -> Iterator[str]:
    names = ViewNames(view)
    yield from (names.one_field, names.by_id_field, names.many_field, names.aggregate_field, names.changed_field)


def _has(schema: GraphQLSchema, type_name: str, field: str) -> bool:
    made = schema.type_map.get(type_name)
    return isinstance(made, GraphQLObjectType) and field in made.fields


def _of_root(root: str, name: str, views: Mapping[str, ViewSpec], shape: Shape, schema: GraphQLSchema) -> str:
    if not _has(schema, root, name):
        return NONE
    view = views.get(name)
    if view is None and name in OPEN_FIELDS[root]:  # of all views or events, whichever the role may see
        return ALL if shape.is_operator else SOME
    if root == "Mutation":
        rules = next((shape.submitted[spec.name] for spec in shape.catalog.specs.values() if spec.mutation == name), ())
        return SOME if rules and all(each.when is not None for each in rules) else ALL
    return ALL if view is None or shape.views[view.name].rows is None else SOME


def _of_view(view: ViewSpec, name: str, shape: Shape, schema: GraphQLSchema) -> str:
    right = shape.views.get(view.name)
    if right is None or not _has(schema, view.type_name, name):
        return NONE
    return ALL if right.rows is None else SOME


def _events(catalog: Catalog, shapes: Mapping[str, Shape], roles: Sequence[str]) -> list[list[str]]:
    rows = []
    for spec in catalog.specs.values():
        cells = []
        for role in roles:
            rules, right = shapes[role].submitted.get(spec.name, ()), shapes[role].events.get(spec.name)
            said = []
            if rules:
                said.append("submit" if any(each.when is None for each in rules) else f"submit {SOME}")
            if right is not None:
                which = "read" if right.rows is None else f"read {SOME}"
                said.append(which if right.fields is None else f"{which}, in part")
            cells.append("; ".join(said) or NONE)
        rows.append([f"`{spec.name}`", *cells])
    return rows


def _rules(grants: Sequence[Grant]) -> list[str]:
    """Which rows each role gets, where it gets some."""
    return [
        f"{upper_first(each.role)}: `{_shown(as_filter(each.rows))}`.\n\n" for each in grants if each.rows is not None
    ]


def _shown(given: Any) -> str:
    if isinstance(given, Claim):
        return f"claim({given.name})"
    if isinstance(given, Mapping):
        return "{" + ", ".join(f"{name}: {_shown(each)}" for name, each in given.items()) + "}"
    if isinstance(given, list | tuple):
        return "[" + ", ".join(map(_shown, given)) + "]"
    return repr(given)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"
