"""
The schema as a whole: types, roots and resolvers put together, ready to be executed.

`python -m hazelgate.gateway.graphql.executable_schema` writes its text to `schema/schema.graphql`.
"""

from functools import cache
from pathlib import Path

import strawberry
from graphql import GraphQLSchema, print_schema
from strawberry.schema.config import StrawberryConfig

import hazelgate.schema
from hazelgate.gateway.graphql.direct_resolvers import resolve_directly
from hazelgate.resolvers.root import FIELD_RESOLVERS, Mutation, Query
from hazelgate.schema.scalars import SCALARS
from hazelgate.subscriptions.root import Subscription

SNAPSHOT = Path(hazelgate.schema.__file__).parent / "schema.graphql"


@cache
def graphql_schema() -> GraphQLSchema:
    """The executable schema. Made with Strawberry, run by graphql-core alone."""
    made = strawberry.Schema(
        query=Query, mutation=Mutation, subscription=Subscription, config=StrawberryConfig(scalar_map=SCALARS)
    )
    return resolve_directly(made._schema, FIELD_RESOLVERS)


def schema_text() -> str:
    """The schema in the schema definition language."""
    return print_schema(graphql_schema()) + "\n"


if __name__ == "__main__":
    SNAPSHOT.write_text(schema_text(), encoding="utf-8")
