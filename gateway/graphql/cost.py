"""
What an operation costs at most, by the sizes of its lists, before it runs.

A value costs 1, and what reads costs more. A list costs its size times what one of its elements costs, and lists within
lists multiply. So an operation that is short to write and reads a million entries is known by its cost.

A document's cost is worked out once, as a sum in which the sizes that come from variables are left open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLDeferDirective,
    GraphQLDirective,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLStreamDirective,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    OperationType,
    SchemaMetaFieldDef,
    SelectionNode,
    SelectionSetNode,
    TypeMetaFieldDef,
    ValueNode,
    VariableNode,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    is_object_type,
    parse,
)

from hazelgate.client.views.pages import DEFAULT_PAGE, MAX_PAGE
from hazelgate.gateway.graphql.shape import INTROSPECTION

_VALUE = 1
_READ = 10
"""A field with fields of its own that takes arguments: a page, an entry, figures."""
_PART = 1_000
"""A fragment that may come as a part of its own: 500 of them take 0.07 s, in which nobody else is answered."""
_ITEM = 20
"""An item that may come as a part of its own."""
_ASSUMED_SIZE = 10
"""Of a list within an entry: its size is known only once it is read."""
_MOST_IDS = 10_000
_SIZES = ("first", "last")

Variables = Mapping[str, Any]
Cost = int | Callable[[Variables], int]
"""A number, or how to get it from the variables."""

ASSUMED_INTROSPECTIONS = 2
"""How many full introspections one operation may ask for."""


class OperationCost:
    """What one operation costs: its data, and apart from that what it asks of the schema."""

    __slots__ = ("_data", "_schema")

    def __init__(self, data: Cost, schema: Cost) -> None:
        self._data = data
        self._schema = schema

    def of_data(self, variables: Variables | None) -> int:
        return _with(self._data, variables or {})

    def of_schema(self, variables: Variables | None) -> int:
        return _with(self._schema, variables or {})


class CostModel:
    """What operations on a schema cost."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        full = parse(get_introspection_query(specified_by_url=True, input_value_deprecation=True))
        [cost] = self.of_document(full).values()
        self.introspection_allowance = ASSUMED_INTROSPECTIONS * cost.of_schema(None)
        """What `__schema` and `__type` may cost in one operation. The queries of tools are well below."""

    def of_document(self, ast: DocumentNode) -> dict[str, OperationCost]:
        """The operations of a valid document by name, the name of an anonymous one being empty."""
        fragments = {each.name.value: each for each in ast.definitions if isinstance(each, FragmentDefinitionNode)}
        found = {}
        for each in ast.definitions:
            if isinstance(each, OperationDefinitionNode):
                found[each.name.value if each.name else ""] = _Counting(self._schema, fragments, each).cost()
        return found


class _Counting:
    """Counts one operation; each fragment once for each size of the page that it stands in."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._operation = operation
        self._of_fragment: dict[tuple[str, int], Cost] = {}
        self._defaults = {each.variable.name.value: each.default_value for each in operation.variable_definitions or ()}
        self._in_schema: list[Cost] = []

    def cost(self) -> OperationCost:
        root = {
            OperationType.QUERY: self._schema.query_type,
            OperationType.MUTATION: self._schema.mutation_type,
            OperationType.SUBSCRIPTION: self._schema.subscription_type,
        }[self._operation.operation]
        data = 0 if root is None else self._selection(self._operation.selection_set, root, None)
        return OperationCost(data, _sum(self._in_schema))

    def _selection(self, selections: SelectionSetNode, made: Any, page: Cost | None) -> Cost:
        """
        Args:
            page: How many edges the connection has, where the selection is one of a connection.
        """
        parts: list[Cost] = []
        for each in selections.selections:
            if isinstance(each, FieldNode):
                parts.append(self._field(each, made, page))
            elif isinstance(each, InlineFragmentNode):
                parts.append(_deferred(each))
                condition = each.type_condition
                inner = made if condition is None else self._schema.type_map.get(condition.name.value)
                parts.append(self._selection(each.selection_set, inner, page))
            elif isinstance(each, FragmentSpreadNode):
                parts.append(_deferred(each))
                parts.append(self._fragment(each.name.value, page))
        return _sum(parts)

    def _fragment(self, name: str, page: Cost | None) -> Cost:
        known = (name, id(page) if callable(page) else -1 if page is None else page)
        if known not in self._of_fragment:
            fragment = self._fragments[name]
            made = self._schema.type_map.get(fragment.type_condition.name.value)
            self._of_fragment[known] = self._selection(fragment.selection_set, made, page)
        return self._of_fragment[known]

    def _field(self, node: FieldNode, made: Any, page: Cost | None) -> Cost:
        name = node.name.value
        field = self._definition(name, made)
        if field is None:
            return 0  # `__typename`
        if node.selection_set is None or not is_composite_type(get_named_type(field.type)):
            return _VALUE
        below = self._below(node, field, page)
        if name in INTROSPECTION:
            self._in_schema.append(below)
            return _VALUE
        return _sum([_READ if field.args else _VALUE, below])

    def _below(self, node: FieldNode, field: GraphQLField, page: Cost | None) -> Cost:
        """What is selected within a field, as often as the field has elements."""
        assert node.selection_set is not None
        inner = get_named_type(field.type)
        size = self._size(node, field)
        if not is_list_type(get_nullable_type(field.type)):
            within = size if size is not None else DEFAULT_PAGE
            return self._selection(node.selection_set, inner, within if _is_connection(inner) else None)
        element = _sum([_streamed(node), self._selection(node.selection_set, inner, None)])
        if size is None:
            size = page if page is not None else self._assumed_size(node)
        return _product(size, element)

    def _assumed_size(self, node: FieldNode) -> int:
        return len(self._schema.type_map) if node.name.value == "types" else _ASSUMED_SIZE

    def _size(self, node: FieldNode, field: GraphQLField) -> Cost | None:
        """How many elements the arguments ask for; None where they don't say."""
        sizes: list[Cost] = []
        for argument in node.arguments or ():
            name = argument.name.value
            declared = field.args.get(name)
            if declared is None:
                continue
            if name in _SIZES:
                sizes.append(self._number(argument.value))
            elif is_list_type(get_nullable_type(declared.type)) and is_list_type(get_nullable_type(field.type)):
                sizes.append(self._length(argument.value))
        return None if not sizes else sizes[0] if len(sizes) == 1 else _sum(sizes)

    def _number(self, value: ValueNode) -> Cost:
        if isinstance(value, VariableNode):
            name = value.name.value
            default = self._defaults.get(name)
            otherwise = int(default.value) if isinstance(default, IntValueNode) else DEFAULT_PAGE
            return lambda variables: _page(variables.get(name), otherwise)
        if isinstance(value, IntValueNode):
            return _page(int(value.value), DEFAULT_PAGE)
        return 0 if isinstance(value, NullValueNode) else DEFAULT_PAGE

    def _length(self, value: ValueNode) -> Cost:
        if isinstance(value, VariableNode):
            name = value.name.value
            default = self._defaults.get(name)
            otherwise = len(default.values) if isinstance(default, ListValueNode) else 0
            return lambda variables: _ids(variables.get(name), otherwise)
        return min(len(value.values), _MOST_IDS) if isinstance(value, ListValueNode) else 1

    def _definition(self, name: str, made: Any) -> GraphQLField | None:
        if name == "__schema":
            return SchemaMetaFieldDef
        if name == "__type":
            return TypeMetaFieldDef
        return made.fields.get(name) if isinstance(made, GraphQLObjectType | GraphQLInterfaceType) else None


def _deferred(node: InlineFragmentNode | FragmentSpreadNode) -> int:
    return _PART if _has(node, GraphQLDeferDirective) else 0


def _streamed(node: FieldNode) -> int:
    return _ITEM if _has(node, GraphQLStreamDirective) else 0


def _has(node: SelectionNode, directive: GraphQLDirective) -> bool:
    return any(each.name.value == directive.name for each in node.directives or ())


def _is_connection(made: Any) -> bool:
    if not is_object_type(made):
        return False
    edges = made.fields.get("edges")
    return edges is not None and is_list_type(get_nullable_type(edges.type))


def _page(given: Any, otherwise: int) -> int:
    """A size that is out of range is refused later, by the field."""
    size = given if isinstance(given, int) else otherwise
    return min(max(size, 0), MAX_PAGE)


def _ids(given: Any, otherwise: int) -> int:
    return min(len(given) if isinstance(given, list) else otherwise, _MOST_IDS)


def _with(cost: Cost, variables: Variables) -> int:
    return cost if isinstance(cost, int) else cost(variables)


def _sum(parts: list[Cost]) -> Cost:
    known = sum(each for each in parts if isinstance(each, int))
    open_ = tuple(each for each in parts if not isinstance(each, int))
    if not open_:
        return known
    return lambda variables: known + sum(each(variables) for each in open_)


def _product(size: Cost, element: Cost) -> Cost:
    if isinstance(size, int) and isinstance(element, int):
        return size * element
    return lambda variables: _with(size, variables) * _with(element, variables)
