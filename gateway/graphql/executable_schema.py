"""The schema as a whole: what every domain has, and what is derived from the catalog, ready to be executed."""

from functools import cache, partial

import strawberry
from graphql import GraphQLSchema, graphql_sync, print_schema, validate_schema
from strawberry.schema.config import StrawberryConfig

from hazelgate.api.declaring import AddedField, Root
from hazelgate.api.fields import OwnFields
from hazelgate.api.loading import OwnApi
from hazelgate.client.rights.shapes import Shape
from hazelgate.gateway.graphql.direct_resolvers import resolve_directly
from hazelgate.resolvers.derived.behind import DerivedResolvers
from hazelgate.resolvers.root import FIELD_RESOLVERS, Mutation, Query
from hazelgate.schema.derived.assembly import derive
from hazelgate.schema.nodes import Revision
from hazelgate.schema.scalars import PLAIN_SCALARS, SCALARS
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.errors import CatalogError
from hazelgate.subscriptions.changes import ViewChanges
from hazelgate.subscriptions.live import live
from hazelgate.subscriptions.root import Subscription


@cache
def generic_schema() -> GraphQLSchema:
    """What every domain has. Made with Strawberry, run by graphql-core alone."""
    made = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Revision],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    return resolve_directly(made._schema, FIELD_RESOLVERS)


OPEN_FIELDS = {
    "Query": ("node", "nodes", "event", "events", "streamCursor", "completion", "eventCatalog"),
    "Mutation": ("handleEvent", "handleEvents"),
    "Subscription": ("events",),
}
"""Root fields that every domain has and that others than operators may use. All others are the operators'."""


def graphql_schema(
    catalog: Catalog,
    own: OwnApi | None = None,
    *,
    federation: bool = False,
    incremental: bool = False,
    shape: Shape | None = None,
) -> GraphQLSchema:
    """
    The executable schema of a catalog.

    Args:
        own: What a user adds to it.
        federation: Whether it is a subgraph of Apollo Federation 2.
        incremental: Whether answers may come in parts, by `@defer` and `@stream`.
        shape: What of the catalog its callers see; None: all.

    Raises:
        CatalogError: The catalog, or what is added, gives two things one name, or one that GraphQL can't have.
    """
    seen = catalog if shape is None else shape.catalog
    behind = DerivedResolvers(seen, ViewChanges(catalog).changed, live, catalog)
    added = own.fields if own is not None else ()
    if shape is not None:
        added = tuple(each for each in added if _is_shown(each, shape))
    additions = partial(OwnFields, added) if added else None
    try:
        schema = derive(
            seen,
            generic_schema(),
            PLAIN_SCALARS,
            behind,
            additions=additions,
            federation=federation,
            incremental=incremental,
            shows=partial(_shows, shape),
        )
    except TypeError as error:  # so graphql-core refuses two types of one name, or a name with `__` before it
        raise CatalogError(f"no GraphQL schema can be derived: {' '.join(str(error).split())}") from error
    if additions is not None:  # what is derived is valid; what a user adds may not be
        for problem in validate_schema(schema):
            raise CatalogError(f"what is added to the API is no GraphQL: {' '.join(problem.message.split())}")
    return schema


def _shows(shape: Shape | None, root: str, name: str) -> bool:
    """Whether a root field that every domain has is in the schema of these roles."""
    if shape is None:
        return True
    if name not in OPEN_FIELDS.get(root, ()):
        return shape.is_operator
    if root == "Mutation":
        return bool(shape.submitted)
    if name in ("event", "events"):
        return bool(shape.events) or shape.is_operator
    return True


def _is_shown(added: AddedField, shape: Shape) -> bool:
    """Whether a field of a user's own is in the schema of these roles: on an entry that shows all, or by name."""
    if isinstance(added.owner, Root):
        return any(each.role in shape.roles for each in added.access)
    view = next((each for each in shape.catalog.views.values() if each.cls is added.owner), None)
    if view is None or view.name not in shape.views:
        return False
    fields = shape.views[view.name].fields
    return fields is None or any(each.role in shape.roles for each in added.access)


def schema_text(catalog: Catalog, own: OwnApi | None = None, *, incremental: bool = False) -> str:
    """The schema in the schema definition language."""
    return print_schema(graphql_schema(catalog, own, incremental=incremental)) + "\n"


def subgraph_text(catalog: Catalog, own: OwnApi | None = None) -> str:
    """What a subgraph of Apollo Federation 2 tells its gateway, in the schema definition language."""
    answer = graphql_sync(graphql_schema(catalog, own, federation=True), "{ _service { sdl } }")
    assert answer.data is not None, answer.errors
    text: str = answer.data["_service"]["sdl"]
    return text
