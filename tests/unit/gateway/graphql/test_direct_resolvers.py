"""Fields are resolved by their functions themselves, and nothing is lost by it."""

import enum
from typing import Any, Generic, TypeVar

import pytest
import strawberry
from graphql import ExecutionResult, GraphQLSchema, graphql, graphql_sync
from strawberry.permission import BasePermission

from hazelgate.gateway.graphql.direct_resolvers import resolve_directly
from hazelgate.schema.fields import FORWARD, FieldResolvers, resolved


@strawberry.enum
class Shade(enum.Enum):
    LIGHT = "light"
    DARK = "dark"


@strawberry.input
class Paint:
    base_colour: str
    shade: Shade = Shade.DARK
    gloss: int | None = strawberry.UNSET
    over: list["Paint"] | None = strawberry.UNSET


@strawberry.interface
class Named:
    full_name: str


@strawberry.type
class Cat(Named):
    lives: int = 9


@strawberry.type
class Dog(Named):
    @strawberry.field
    def barks(self) -> str:
        return f"{self.full_name} barks"


@strawberry.type
class Query:
    @strawberry.field
    def painted(self, info: strawberry.Info[str, None], some_paint: Paint, coats: int = 1) -> str:
        return f"{info.context} {some_paint!r} {coats}"

    @strawberry.field
    def pets(self) -> list[Named]:
        return [Cat(full_name="Tom"), Dog(full_name="Rex")]


def run(query: str, **variables: object) -> ExecutionResult:
    schema = strawberry.Schema(Query, types=[Cat, Dog])._schema
    return graphql_sync(resolve_directly(schema), query, context_value="in the hall:", variable_values=variables)


_PAINT = '{baseColour: "red", over: [{baseColour: "blue", shade: LIGHT, gloss: null}]}'


@pytest.mark.parametrize(
    "query",
    [
        f"{{ painted(somePaint: {_PAINT}, coats: 2) }}",
        f"query($paint: Paint! = {_PAINT}) {{ painted(somePaint: $paint, coats: 2) }}",
    ],
)
def test_inputs_arrive_as_their_classes_with_python_names_and_defaults(query: str) -> None:
    inner = Paint(base_colour="blue", shade=Shade.LIGHT, gloss=None)
    outer = Paint(base_colour="red", over=[inner])
    result = run(query)
    assert result.errors is None
    assert result.data == {"painted": f"in the hall: {outer!r} 2"}


def test_a_variable_arrives_as_its_class() -> None:
    result = run("query($p: Paint!) { painted(somePaint: $p) }", p={"baseColour": "red", "gloss": 3})
    assert result.data == {"painted": f"in the hall: {Paint(base_colour='red', gloss=3)!r} 1"}


def test_values_of_an_interface_are_told_apart() -> None:
    result = run("{ pets { __typename fullName ... on Cat { lives } ... on Dog { barks } } }")
    cat = {"__typename": "Cat", "fullName": "Tom", "lives": 9}
    assert result.data == {"pets": [cat, {"__typename": "Dog", "fullName": "Rex", "barks": "Rex barks"}]}


def test_a_field_that_needs_strawberrys_wrapping_is_refused() -> None:
    """Rather at start than to run a field without the permission that it asks for."""

    class Nobody(BasePermission):
        def has_permission(self, source: object, info: object, **kwargs: object) -> bool:
            return False

    @strawberry.type
    class Guarded:
        secret: str = strawberry.field(permission_classes=[Nobody])

    with pytest.raises(TypeError, match="permissions"):
        resolve_directly(strawberry.Schema(Guarded)._schema)


T = TypeVar("T")


@strawberry.type
class Page(Generic[T]):
    items: list[T]
    total: int = resolved()


@strawberry.type
class Library:
    name: str
    books: Page[str] = resolved(FORWARD, description="By title.")


@strawberry.type
class Root:
    @strawberry.field
    def library(self) -> Library:
        return Library(name="town")


def books(library: Library, info: strawberry.Info[str, None], first: int = 2, after: str = "") -> Page[str]:
    return Page(items=[f"{info.context} {library.name} {first} {after}"])


async def total(page: Page[str], info: strawberry.Info[str, None]) -> int:
    return len(page.items)


def library_schema() -> GraphQLSchema:
    return strawberry.Schema(Root)._schema


async def test_a_field_that_a_type_only_declares_is_answered_by_its_resolver() -> None:
    """Also where the type is one of several that are made of a generic one."""
    schema = resolve_directly(library_schema(), {(Library, "books"): books, (Page, "total"): total})
    query = '{ library { books(after: "x") { items total } } }'
    result: Any = graphql(schema, query, context_value="in the hall:")
    assert (await result).data == {"library": {"books": {"items": ["in the hall: town 2 x"], "total": 1}}}


def other_arguments(library: Library, info: strawberry.Info[str, None], first: int = 2) -> Page[str]:
    return Page(items=[])


@pytest.mark.parametrize(
    ("resolvers", "message"),
    [
        ({(Page, "total"): total}, "nothing resolves Library.books"),
        (
            {(Library, "books"): books, (Page, "total"): total, (Library, "films"): books},
            "no type of the schema declares Library.films",
        ),
        (
            {(Library, "books"): other_arguments, (Page, "total"): total},
            r"Library.books declares the arguments \['first', 'after'\], its resolver takes \['first'\]",
        ),
    ],
)
def test_fields_and_resolvers_that_do_not_match_are_told_at_start(resolvers: FieldResolvers, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        resolve_directly(library_schema(), resolvers)
