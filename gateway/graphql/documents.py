"""Operations parsed and validated once: the same text comes again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from hazelgate.gateway.graphql.cost import CostModel, OperationCost
from hazelgate.gateway.graphql.limits import Limits, TooComplex
from hazelgate.gateway.graphql.scanning import check_scan
from hazelgate.gateway.graphql.shape import MOST_COMPARISONS, RULES, check_shape
from hazelgate.gateway.graphql.tokens import check_tokens
from hazelgate.gateway.latest import Latest
from hazelgate.resolvers.plans.documents import DocumentPlans
from hazelgate.resolvers.plans.incremental import IncrementalDocument, without_parts

_LONGEST_KEPT = 32_768
_MOST_KEPT = 500
_MOST_ERRORS = 8
"""A long answer to a short request is an attack by itself."""
_ABORTED = "Validation aborted."
"""So graphql-core says that a document was too much for a rule."""


@dataclass(frozen=True, slots=True)
class Document:
    """
    A valid document and its operations by name; the name of an anonymous one is empty.

    `plans` are made once and used often: a document that is not kept has none. `incremental` is the document with
    `@defer` and `@stream`, where it has any of them: `ast` is without.
    """

    ast: DocumentNode
    operations: dict[str, OperationType]
    plans: DocumentPlans | None
    costs: dict[str, OperationCost]
    incremental: IncrementalDocument | None = None

    def operation_type(self, name: str | None) -> OperationType | None:
        """The kind of the operation that this name picks, or None where it picks none."""
        if name:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None

    def cost(self, name: str | None) -> OperationCost | None:
        """What the operation that this name picks costs, or None where it picks none."""
        if name:
            return self.costs.get(name)
        return next(iter(self.costs.values())) if len(self.costs) == 1 else None

    def operation_name(self, name: str | None) -> str | None:
        """The name of the operation that this name picks, where it has one."""
        if name:
            return name if name in self.operations else None
        return next(iter(self.operations)) or None if len(self.operations) == 1 else None


class InvalidDocument(Exception):
    """The text is no valid document for this schema."""

    def __init__(self, errors: list[GraphQLError], ast: DocumentNode | None) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
        self.ast = ast


class Asked(Protocol):
    """What is asked of a document."""

    @property
    def operation_name(self) -> str | None:
        """Which of its operations."""

    @property
    def variables(self) -> Mapping[str, Any] | None:
        """With which variables."""


class Documents:
    """
    The documents of one schema, the ones used last kept ready.

    Args:
        limits: How much a document may ask for.
        introspection: Whether it may ask for the schema.
        suggestions: Whether an error names what may have been meant.
    """

    def __init__(
        self, schema: GraphQLSchema, limits: Limits, *, introspection: bool = True, suggestions: bool = True
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule)
        self._suggestions = suggestions
        self._has_parts = schema.get_directive("defer") is not None
        self._costs = CostModel(schema)
        self._kept: Latest[str, Document] = Latest(_MOST_KEPT)

    def get(self, text: str) -> Document:
        """
        Raises:
            InvalidDocument: It has a syntax error, is too long, or doesn't fit the schema.
        """
        document = self._kept.get(text)
        if document is None:
            document = self._prepare(text)
            if len(text) <= _LONGEST_KEPT:
                self._kept.keep(text, document)
        return document

    def check_costs(self, asked: Sequence[tuple[Document, Asked]]) -> None:
        """
        Raises:
            TooComplex: The operations cost more than they may, together.
        """
        data = introspection = 0
        for document, request in asked:
            cost = document.cost(request.operation_name)
            if cost is not None:
                data += cost.of_data(request.variables)
                introspection += cost.of_schema(request.variables)
        if data > self._limits.max_cost:
            advice = "ask for smaller pages, fewer ids or fewer lists within lists"
            raise TooComplex("cost", self._limits.max_cost, data, advice)
        most = self._costs.introspection_allowance
        if introspection > most:
            raise TooComplex("introspection", most, introspection, "ask for `__schema` once")

    def _prepare(self, text: str) -> Document:
        try:
            if len(text) > self._limits.max_characters:
                advice = "put long values into variables, or send several documents"
                raise TooComplex("characters", self._limits.max_characters, len(text), advice)
            check_tokens(text, self._limits.max_tokens)
            check_scan(text, self._limits)
            ast = parse(text, max_tokens=self._limits.max_tokens)
        except GraphQLError as error:
            raise InvalidDocument([error], None) from None
        except RecursionError:
            raise InvalidDocument([GraphQLError("Syntax Error: the document is nested too deeply.")], None) from None
        try:
            check_shape(ast, self._limits)
            errors = validate(
                self._schema, ast, self._rules, max_errors=_MOST_ERRORS, hide_suggestions=not self._suggestions
            )
        except TooComplex as error:
            raise InvalidDocument([error], ast) from None
        except RecursionError:
            errors = [GraphQLError("The document is nested too deeply.")]
        if errors and len(errors) == 1 and errors[0].message == _ABORTED:
            errors = [TooComplex("comparisons", MOST_COMPARISONS, MOST_COMPARISONS + 1, "repeat fewer fields")]
        if errors:
            raise InvalidDocument(errors, ast)
        whole, incremental = without_parts(ast) if self._has_parts else (ast, None)
        return Document(
            whole,
            {
                definition.name.value if definition.name else "": definition.operation
                for definition in ast.definitions
                if isinstance(definition, OperationDefinitionNode)
            },
            DocumentPlans(self._schema, whole) if len(text) <= _LONGEST_KEPT else None,
            self._costs.of_document(ast),
            incremental,
        )
