"""From the fields that a validated operation selects to their plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from hazelgate.resolvers.meanings import (
    Answered,
    AnyNode,
    AtOnce,
    Attribute,
    Computed,
    EntriesById,
    EntryPages,
    EntryRevision,
    Figures,
    Held,
    History,
    LinkByIndex,
    LinkByKey,
    NodeId,
    OneEntry,
    Submits,
    TotalCount,
    Worked,
    meaning_of,
)
from hazelgate.resolvers.plans.arguments import Arguments
from hazelgate.resolvers.plans.deviations import Unplannable
from hazelgate.resolvers.plans.operations import RootPlan, Unplanned
from hazelgate.resolvers.plans.reading import IN_META
from hazelgate.resolvers.plans.selections import (
    AnsweredField,
    ComputedField,
    Constant,
    CountPart,
    CursorPart,
    EdgesPart,
    EnumShape,
    Field,
    HistoryLink,
    IdField,
    IndexLink,
    KeyLink,
    ListShape,
    NodePart,
    NodesSelection,
    ObjectShape,
    PageInfoPart,
    PagePart,
    PagesSelection,
    ResultField,
    ResultSelection,
    ResultsSelection,
    RevisionField,
    ScalarShape,
    Selection,
    Shape,
    StoredField,
    WindowPart,
)

Details = list[Any]
"""The nodes that ask for one field of the answer, as graphql-core collects them."""

_TYPENAME = "__typename"
_IN_WINDOW = ("has_next_page", "has_previous_page", "start_cursor", "end_cursor")


class Planner:
    """
    Plans the fields of one operation.

    graphql-core collects them: what fragments, `@skip` and `@include` select, and in which order, is not known here.

    Args:
        variables: Those that `@skip` and `@include` ask for.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = {name: FragmentDetails(each) for name, each in fragments.items()}
        self._operation = operation
        self._variables = VariableValues({}, dict(variables))

    @cached_property
    def live_name(self) -> str | None:
        """The name in the answer of the one field of a subscription that leads to a query; None: it has no such."""
        if self._operation.operation is not OperationType.SUBSCRIPTION:
            return None
        root, fields = self._top
        for name, details in fields:
            field = root.fields.get(_name_of(details))
            if field is not None and _named(field.type) is self._schema.query_type:
                return name
        return None

    @cached_property
    def _top(self) -> tuple[GraphQLObjectType, list[tuple[str, Details]]]:
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None, "a validated operation has a root"
        collected = collect_fields(self._schema, self._fragments, self._variables, root, self._operation)
        return root, list(collected.grouped_field_set.items())

    def roots(self) -> Iterator[RootPlan | Constant | Unplanned]:
        """The plan of each field of the query's root in the answer's order, or why it has none."""
        root, fields = self._top
        if self.live_name is not None:
            assert self._schema.query_type is not None
            root, fields = self._schema.query_type, list(self._subfields(self._schema.query_type, fields[0][1]))
        for name, details in fields:
            try:
                yield self._root(name, root, details)
            except Unplannable as reason:
                yield Unplanned(name, str(reason))
            except GraphQLError as error:
                yield Unplanned(name, error.message)
            except RecursionError:
                yield Unplanned(name, "nested too deeply")

    def _root(self, name: str, root: GraphQLObjectType, details: Details) -> RootPlan | Constant:
        if _name_of(details) == _TYPENAME:
            return Constant(name, root.name)
        field = root.fields.get(_name_of(details))
        if field is None:  # __schema and __type
            raise Unplannable(_name_of(details))
        meaning = meaning_of(field)
        made: Any = _named(field.type)
        selection: Selection | PagesSelection | NodesSelection | ResultsSelection
        match meaning:
            case OneEntry() | EntriesById():
                selection = self.entry(made, details)
            case EntryPages():
                selection = self._pages(made, details)
            case Figures():
                selection = self.entry(made, details)
            case AnyNode():
                selection = self._nodes(made, details)
            case Submits():
                selection = self._results(made, details)
            case _:
                raise Unplannable(f"{_name_of(details)} has no plan")
        arguments = Arguments.of(field, details[0].node)
        return RootPlan(name, meaning, arguments, selection)

    # ------------------------------------------------------------ entries and values

    def entry(self, made: GraphQLObjectType, details: Details) -> Selection:
        """
        The plan of what is selected of an entry, or of a value.

        Raises:
            Unplannable: A field has none.
        """
        fields = (self._field(made, name, each) for name, each in self._subfields(made, details))
        return Selection(made.name, tuple(fields))

    def _nodes(self, made: GraphQLInterfaceType, details: Details) -> NodesSelection:
        found, reason = [], Unplannable("no type of it has a plan")
        for each in self._schema.get_possible_types(made):
            meaning = meaning_of(each.fields["id"])
            if isinstance(meaning, NodeId):
                try:
                    found.append((meaning.view, self.entry(each, details)))
                except Unplannable as problem:
                    reason = problem
        if not found:
            raise reason
        return NodesSelection(tuple(found))

    def _field(self, owner: GraphQLObjectType, name: str, details: Details) -> Field:
        if _name_of(details) == _TYPENAME:
            return Constant(name, owner.name)
        field = owner.fields[_name_of(details)]
        match meaning_of(field):
            case Held(source):
                return StoredField(name, source, self._shape(field.type, details))
            case NodeId(of):
                return IdField(name, of)
            case EntryRevision():
                return RevisionField(name, self._revision(_named(field.type), details))
            case Computed(of, spec):
                return ComputedField(name, of, spec, field.type)
            case LinkByKey(target, path, many):
                entry = self.entry(_named(field.type), details)
                return KeyLink(name, target, path, many, entry)
            case LinkByIndex(of, target, path):
                pages = self._pages(_named(field.type), details)
                return IndexLink(name, of, target, path, Arguments.of(field, details[0].node), pages)
            case History(of):
                page = self._result(_named(field.type), details)
                return HistoryLink(name, of, Arguments.of(field, details[0].node), page)
        raise Unplannable(f"{owner.name}.{_name_of(details)} has no plan")

    def _revision(self, made: GraphQLObjectType, details: Details) -> Selection:
        fields: list[Field] = []
        for name, each in self._subfields(made, details):
            if _name_of(each) == _TYPENAME:
                fields.append(Constant(name, made.name))
                continue
            field = made.fields[_name_of(each)]
            meaning = meaning_of(field)
            if not isinstance(meaning, Attribute) or meaning.name not in IN_META:
                raise Unplannable(f"{made.name}.{_name_of(each)} has no plan")
            fields.append(StoredField(name, IN_META[meaning.name], self._shape(field.type, each)))
        return Selection(made.name, tuple(fields))

    def _shape(self, made: GraphQLOutputType, details: Details, *, optional: bool = True) -> Shape:
        if isinstance(made, GraphQLNonNull):
            return self._shape(made.of_type, details, optional=False)
        if isinstance(made, GraphQLList):
            return ListShape(self._shape(made.of_type, details), optional)
        if isinstance(made, GraphQLScalarType):
            return ScalarShape(made.name, optional)
        if isinstance(made, GraphQLEnumType):
            return EnumShape(made.name, tuple((each.value, name) for name, each in made.values.items()), optional)
        if isinstance(made, GraphQLObjectType):
            return ObjectShape(self.entry(made, details), optional)
        raise Unplannable(f"{made} has no plan")

    # ------------------------------------------------------------ what comes of an event

    def _results(self, made: GraphQLUnionType, details: Details) -> ResultsSelection:
        return ResultsSelection(tuple(self._result(each, details) for each in self._schema.get_possible_types(made)))

    def _result(self, made: GraphQLObjectType, details: Details) -> ResultSelection:
        fields = (self._result_field(made, name, each) for name, each in self._subfields(made, details))
        return ResultSelection(made.name, tuple(fields))

    def _result_field(
        self, owner: GraphQLObjectType, name: str, details: Details
    ) -> Constant | ResultField | AnsweredField:
        if _name_of(details) == _TYPENAME:
            return Constant(name, owner.name)
        field = owner.fields[_name_of(details)]
        made = _named(field.type)
        meaning = meaning_of(field)
        match meaning:
            case Answered(view):
                return AnsweredField(name, view, self.entry(made, details))
            case Held() | Attribute() | Worked() | AtOnce():
                within = self._result(made, details) if isinstance(made, GraphQLObjectType) else None
                return ResultField(name, _name_of(details), meaning, field.type, within)
        raise Unplannable(f"{owner.name}.{_name_of(details)} has no plan")

    # ------------------------------------------------------------ pages

    def _pages(self, made: GraphQLObjectType, details: Details) -> PagesSelection:
        return PagesSelection(tuple(self._page_part(made, name, each) for name, each in self._subfields(made, details)))

    def _page_part(self, owner: GraphQLObjectType, name: str, details: Details) -> PagePart:
        if _name_of(details) == _TYPENAME:
            return Constant(name, owner.name)
        field = owner.fields[_name_of(details)]
        match meaning_of(field):
            case TotalCount():
                return CountPart(name)
            case Held("edges"):
                made = _named(field.type)
                edges = (self._edge_part(made, alias, each) for alias, each in self._subfields(made, details))
                return EdgesPart(name, tuple(edges))
            case Held("pageInfo"):
                return PageInfoPart(name, self._window(_named(field.type), details))
        raise Unplannable(f"{owner.name}.{_name_of(details)} has no plan")

    def _edge_part(self, owner: GraphQLObjectType, name: str, details: Details) -> Constant | CursorPart | NodePart:
        if _name_of(details) == _TYPENAME:
            return Constant(name, owner.name)
        field = owner.fields[_name_of(details)]
        match meaning_of(field):
            case Held("cursor"):
                return CursorPart(name)
            case Held("node"):
                return NodePart(name, self.entry(_named(field.type), details))
        raise Unplannable(f"{owner.name}.{_name_of(details)} has no plan")

    def _window(self, made: GraphQLObjectType, details: Details) -> tuple[Constant | WindowPart, ...]:
        found: list[Constant | WindowPart] = []
        for name, each in self._subfields(made, details):
            if _name_of(each) == _TYPENAME:
                found.append(Constant(name, made.name))
                continue
            meaning = meaning_of(made.fields[_name_of(each)])
            if not isinstance(meaning, Attribute) or meaning.name not in _IN_WINDOW:
                raise Unplannable(f"{made.name}.{_name_of(each)} has no plan")
            found.append(WindowPart(name, meaning.name))
        return tuple(found)

    def _subfields(self, made: GraphQLObjectType, details: Details) -> Iterator[tuple[str, Details]]:
        collected = collect_subfields(self._schema, self._fragments, self._variables, self._operation, made, details)
        yield from collected.grouped_field_set.items()


def _name_of(details: Details) -> str:
    name: str = details[0].node.name.value
    return name


def _named(made: GraphQLOutputType) -> Any:
    found: Any = made
    while isinstance(found, GraphQLNonNull | GraphQLList):
        found = found.of_type
    return found
