"""One executable schema of what every domain has and what is derived from a catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLDeferDirective,
    GraphQLDirective,
    GraphQLError,
    GraphQLField,
    GraphQLFieldMap,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLStreamDirective,
    GraphQLString,
    specified_scalar_types,
)

from hazelgate.schema.derived.additions import Additions, DerivedTypes
from hazelgate.schema.derived.behind import Behind
from hazelgate.schema.derived.changes import ChangeTypes
from hazelgate.schema.derived.federation import FederationTypes
from hazelgate.schema.derived.filters import FilterTypes
from hazelgate.schema.derived.lists import ListTypes
from hazelgate.schema.derived.named import NamedTypes
from hazelgate.schema.derived.names import ViewNames
from hazelgate.schema.derived.values import ValueTypes, page_arguments, place_of, sentence, with_added
from hazelgate.schema.derived.writes import WriteTypes
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.model.views import LinkSpec, ViewSpec

Shows = Callable[[str, str], bool]


def derive(
    catalog: Catalog,
    generic: GraphQLSchema,
    scalars: Iterable[GraphQLScalarType],
    behind: Behind,
    *,
    additions: Additions | None = None,
    federation: bool = False,
    incremental: bool = False,
    shows: Shows = lambda _root, _name: True,
) -> GraphQLSchema:
    """
    The schema of a catalog.

    Args:
        generic: The schema of what every domain has.
        scalars: Those that fields can have and the generic part may lack.
        behind: What reads and writes.
        additions: Makes the fields that a user adds.
        federation: Whether it is a subgraph of Apollo Federation 2.
        incremental: Whether answers may come in parts, by `@defer` and `@stream`.
        shows: Whether a root field that every domain has is shown, by the names of the root and the field.

    Raises:
        CatalogError: Two declarations, or one and the generic part, give the same name; or GraphQL can't have a name.
    """
    assembly = _Assembly(catalog, generic, scalars, behind, additions, shows)
    try:
        return assembly.schema(federation=federation, incremental=incremental)
    except (TypeError, GraphQLError) as error:
        assembly.require_own_names()
        raise _cause(error) from None


def _cause(error: BaseException) -> BaseException:
    """The mistake of the catalog behind an error: graphql-core wraps what is raised while it asks for fields."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, CatalogError):
        found = found.__cause__
    return found or error


class _Assembly:
    def __init__(
        self,
        catalog: Catalog,
        generic: GraphQLSchema,
        scalars: Iterable[GraphQLScalarType],
        behind: Behind,
        additions: Additions | None,
        shows: Shows,
    ) -> None:
        self._shows = shows
        self._catalog = catalog
        self._generic_schema = generic
        self._types = types = NamedTypes(
            {**specified_scalar_types, **{each.name: each for each in scalars}, **generic.type_map}
        )
        self._generic = types.generic
        self._behind = behind
        self._views = [view for view in catalog.views.values() if view.in_api]
        self._values = ValueTypes(catalog, types, behind, self._link, self._of_view)
        self._filters = FilterTypes(types, self._values)
        self._lists = ListTypes(types, self._values, behind)
        resolve_type = behind.type_name()
        self._writes = WriteTypes(catalog, types, self._values, behind, resolve_type)
        self._changes = ChangeTypes(types, self._values, self._filters, behind, resolve_type)
        self._federation = FederationTypes(types, self._values, behind)
        self._added = additions(DerivedTypes(catalog, types, self._values)) if additions is not None else None

    def schema(self, *, federation: bool, incremental: bool) -> GraphQLSchema:
        generic = self._generic_schema
        mutations = {each.mutation: each for each in self._catalog.specs.values() if each.mutation is not None}
        queries = self._with_added("Query", self._query_fields())
        mutating = self._with_added(
            "Mutation", {name: self._writes.mutation(event) for name, event in mutations.items()}
        )
        changes = self._with_added(
            "Subscription", {ViewNames(view).changed_field: self._changes.changed(view) for view in self._views}
        )
        shown = dict(queries)
        if federation:
            shown |= self._federation.fields(self._views, self._subgraph(queries, mutating, changes))
        query = self._root(generic.query_type, shown)
        directives: list[GraphQLDirective] = list(generic.directives)
        if incremental:
            directives += [GraphQLDeferDirective, GraphQLStreamDirective]
        return GraphQLSchema(
            query=query,
            mutation=self._root(generic.mutation_type, mutating),
            subscription=self._root(generic.subscription_type, {**changes, "live": self._live(query)}),
            types=[*(self._values.view(view) for view in self._views), *self._filters.of_all_scalars()],
            directives=directives,
        )

    def require_own_names(self) -> None:
        """
        Raises:
            CatalogError: A type that a user adds has the name of another.
        """
        for name in sorted(set(self._added.type_names()) & self._types.names()) if self._added is not None else ():
            raise CatalogError(f"the API has a type {name!r} already; give the one that you add another name")

    def _of_view(self, view: ViewSpec) -> GraphQLFieldMap:
        return {} if self._added is None else self._added.of_view(view)

    def _with_added(self, root: str, fields: GraphQLFieldMap) -> GraphQLFieldMap:
        return fields if self._added is None else with_added(fields, self._added.of_root(root), root)

    def _subgraph(self, *roots: Mapping[str, GraphQLField]) -> GraphQLSchema:
        """What a subgraph tells a gateway: the fields that are this domain's alone."""
        query, mutation, subscription = (
            GraphQLObjectType(name, dict(fields)) if fields else None
            for name, fields in zip(("Query", "Mutation", "Subscription"), roots, strict=True)
        )
        return GraphQLSchema(query=query, mutation=mutation, subscription=subscription)

    def _live(self, query: GraphQLObjectType | None) -> GraphQLField:
        made: Any = query
        return GraphQLField(
            GraphQLNonNull(made),
            args={
                "throttleMs": GraphQLArgument(
                    GraphQLNonNull(GraphQLInt),
                    default_value=100,
                    description="At most once in so many; 20 to 60,000.",
                    out_name="throttle_ms",
                )
            },
            subscribe=self._behind.live(),
            resolve=lambda source, _info, **_arguments: source,
            description="Any query, answered at once, and again whenever what it shows has changed.",
        )

    def _query_fields(self) -> GraphQLFieldMap:
        fields: GraphQLFieldMap = {}
        for view in self._views:
            fields |= self._fields_of(view)
        return fields

    def _fields_of(self, view: ViewSpec) -> GraphQLFieldMap:
        names = ViewNames(view)
        entry: Any = self._values.view(view)
        instant: Any = self._generic["DateTime"]
        filtered = GraphQLArgument(self._filters.of_view(view), description=f"What {view.many} have to be like.")
        group_field = self._lists.group_field(view)
        aggregated = {"filter": filtered}
        if group_field is not None:
            aggregated["groupBy"] = GraphQLArgument(
                GraphQLList(GraphQLNonNull(group_field)), description="By what they are grouped; one group without it."
            )
        return {
            names.one_field: GraphQLField(
                entry,
                args={
                    view.key_name: GraphQLArgument(GraphQLNonNull(GraphQLID), description="The entry's key."),
                    "asOf": GraphQLArgument(
                        instant, description="As it was at this instant, folded from the events up to then."
                    ),
                    "minRevision": GraphQLArgument(
                        GraphQLString,
                        description="A receipt's token: waits, at most 5 s, until the entry has that event.",
                    ),
                },
                resolve=self._behind.one(view),
                description=view.description or sentence(view.one),
            ),
            names.by_id_field: GraphQLField(
                GraphQLList(entry),
                args={
                    names.by_id_argument: GraphQLArgument(
                        GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLID))), description="At most 1,000 keys."
                    )
                },
                resolve=self._behind.by_id(view),
                description="In the order of the keys; null where there is none.",
            ),
            names.many_field: GraphQLField(
                self._lists.connection(view),
                args=self._list_arguments(view),
                resolve=self._behind.many(view),
                description=f"{view.many[:1].upper()}{view.many[1:]} in pages.",
            ),
            names.aggregate_field: GraphQLField(
                GraphQLList(GraphQLNonNull(self._lists.aggregate(view))),
                args=aggregated,
                resolve=self._behind.aggregate(view),
                description="Computed where the entries are. At most 1,000 groups.",
            ),
        }

    def _list_arguments(self, view: ViewSpec) -> dict[str, GraphQLArgument]:
        return {
            "filter": GraphQLArgument(self._filters.of_view(view), description=f"What {view.many} have to be like."),
            "sort": GraphQLArgument(self._filters.sort_of(view), description="How they are sorted."),
            **page_arguments(),
        }

    def _link(self, view: ViewSpec, link: LinkSpec) -> GraphQLField:
        target = self._catalog.views[link.target]
        description = link.description or sentence(link.name)
        resolve = self._behind.link(view, link)
        entry: Any = self._values.view(target)
        if link.index is not None:
            return GraphQLField(
                GraphQLNonNull(self._lists.connection(target)),
                args=self._list_arguments(target),
                resolve=resolve,
                description=description,
            )
        if link.many:
            return GraphQLField(GraphQLNonNull(GraphQLList(entry)), resolve=resolve, description=description)
        return GraphQLField(entry, resolve=resolve, description=description)

    def _root(self, generic: GraphQLObjectType | None, derived: Mapping[str, GraphQLField]) -> GraphQLObjectType | None:
        """The generic root type with the derived fields before its own."""
        if generic is None:
            return None
        for name, field in derived.items():
            if name in generic.fields:
                raise CatalogError(
                    f"{place_of(field)}{name!r} is a field of {generic.name} that every domain has; "
                    "give yours another name"
                )
        shown = {name: each for name, each in generic.fields.items() if self._shows(generic.name, name)}
        if not derived and not shown:
            return None
        return GraphQLObjectType(
            generic.name,
            {**derived, **shown},
            description=generic.description or f"All {generic.name.lower()} fields.",
        )
