"""Operations parsed and validated once: the same text comes again and again."""

from collections import OrderedDict
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from hazelgate.resolvers.plans.documents import DocumentPlans

_LONGEST_KEPT = 32_768
_MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class Document:
    """
    A valid document and its operations by name; the name of an anonymous one is empty.

    `plans` are made once and used often: a document that is not kept has none.
    """

    ast: DocumentNode
    operations: dict[str, OperationType]
    plans: DocumentPlans | None

    def operation_type(self, name: str | None) -> OperationType | None:
        """The kind of the operation that this name picks, or None where it picks none."""
        if name:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None

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


class Documents:
    """The documents of one schema, the ones used last kept ready."""

    def __init__(self, schema: GraphQLSchema, *, max_tokens: int) -> None:
        self._schema = schema
        self._max_tokens = max_tokens
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def get(self, text: str) -> Document:
        """
        Raises:
            InvalidDocument: It has a syntax error, is too long, or doesn't fit the schema.
        """
        document = self._kept.get(text)
        if document is not None:
            self._kept.move_to_end(text)
            return document
        document = self._prepare(text)
        if len(text) <= _LONGEST_KEPT:
            self._kept[text] = document
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return document

    def _prepare(self, text: str) -> Document:
        try:
            ast = parse(text, max_tokens=self._max_tokens)
        except GraphQLError as error:
            raise InvalidDocument([error], None) from None
        except RecursionError:
            raise InvalidDocument([GraphQLError("Syntax Error: the document is nested too deeply.")], None) from None
        try:
            errors = validate(self._schema, ast, max_errors=20)
        except RecursionError:
            errors = [GraphQLError("The document is nested too deeply.")]
        if errors:
            raise InvalidDocument(errors, ast)
        return Document(
            ast,
            {
                definition.name.value if definition.name else "": definition.operation
                for definition in ast.definitions
                if isinstance(definition, OperationDefinitionNode)
            },
            DocumentPlans(self._schema, ast) if len(text) <= _LONGEST_KEPT else None,
        )
