"""
The shape of a document, counted in one pass over it, before it is validated.

Validation compares each field with those of its name, and each fragment with the others: 800 fragments held the event
loop for a second. So a document gets that far only if there is little to compare. This pass looks at each node once,
and takes a circle of fragments for what it is worth: validation refuses it.
"""

from collections.abc import Mapping

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    specified_rules,
)
from graphql.validation import OverlappingFieldsCanBeMergedRule, ValidationContext

from hazelgate.gateway.graphql.limits import Limits, TooComplex

INTROSPECTION = ("__schema", "__type")
_LIVE = "live"
"""The subscription whose fields are a query's, and count as such."""
MOST_INTROSPECTION_LEVELS = 25
"""Levels below `__schema`, whatever the limit of others is: tools ask for nine of `ofType`."""
MOST_COMPARISONS = 20_000
"""Steps that the rule of overlapping fields may take: what is left to compare, once the shape is right."""


def check_shape(ast: DocumentNode, limits: Limits) -> None:
    """
    Raises:
        TooComplex: The document is beyond one of the limits.
        RecursionError: It is nested so deeply that it can't even be counted.
    """
    fragments = {each.name.value: each for each in ast.definitions if isinstance(each, FragmentDefinitionNode)}
    number = sum(isinstance(each, FragmentDefinitionNode) for each in ast.definitions)
    if number > limits.max_fragments:
        raise TooComplex("fragments", limits.max_fragments, number, "merge fragments, or send several operations")
    shape = _Shape(limits, fragments)
    for definition in ast.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            shape.add_directives(definition.directives)
        if isinstance(definition, OperationDefinitionNode):
            for variable in definition.variable_definitions or ():
                shape.add_directives(variable.directives)
            shape.add_operation(definition)
    for name in fragments:  # also those that nothing spreads
        shape.depth_of_fragment(name)


class _Shape:
    """What was counted so far."""

    def __init__(self, limits: Limits, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._limits = limits
        self._fragments = fragments
        self._depths: dict[str, int] = {}
        self._aliases = self._directives = self._repeated = 0
        self._is_subscription = False

    def add_operation(self, operation: OperationDefinitionNode) -> None:
        """Its depth, and its fields at the root."""
        self._require_depth(self._depth(operation.selection_set, {}))
        self._is_subscription = operation.operation is OperationType.SUBSCRIPTION
        roots = len(self._root_names(operation.selection_set, set(), set()))
        if roots > self._limits.max_root_fields:
            raise TooComplex("root-fields", self._limits.max_root_fields, roots, "send several operations")

    def add_directives(self, directives: tuple[DirectiveNode, ...] | None) -> None:
        """Wherever they stand."""
        self._directives += len(directives or ())
        if self._directives > self._limits.max_directives:
            raise TooComplex("directives", self._limits.max_directives, self._directives, "use fewer of them")

    def depth_of_fragment(self, name: str) -> int:
        """How deep it is, with those that it spreads; 0 where that is a circle, or there is none of the name."""
        if name in self._depths:
            return self._depths[name]
        fragment = self._fragments.get(name)
        self._depths[name] = 0
        if fragment is not None:
            self._depths[name] = self._depth(fragment.selection_set, {})
            self._require_depth(self._depths[name], MOST_INTROSPECTION_LEVELS)
        return self._depths[name]

    def _depth(self, selections: SelectionSetNode, names: dict[str, None]) -> int:
        """How deep a selection is. `names` are those that stand in it so far, its inline fragments' among them."""
        deepest = 0
        for each in selections.selections:
            self.add_directives(each.directives)
            if isinstance(each, FieldNode):
                depth = self._depth_of_field(each, names)
            elif isinstance(each, InlineFragmentNode):
                depth = self._depth(each.selection_set, names)
            else:
                assert isinstance(each, FragmentSpreadNode)
                self._repeat(f"...{each.name.value}", names)
                depth = self.depth_of_fragment(each.name.value)
            deepest = max(deepest, depth)
        return deepest

    def _depth_of_field(self, field: FieldNode, names: dict[str, None]) -> int:
        if field.alias is not None:
            self._aliases += 1
            if self._aliases > self._limits.max_aliases:
                raise too_many_aliases(self._limits, self._aliases)
        self._repeat((field.alias or field.name).value, names)
        if field.selection_set is None:
            return 1
        below = self._depth(field.selection_set, {})
        if field.name.value in INTROSPECTION:
            self._require_depth(below, MOST_INTROSPECTION_LEVELS)
            return 1
        return below + 1

    def _repeat(self, name: str, names: dict[str, None]) -> None:
        if name in names:
            self._repeated += 1
            if self._repeated > self._limits.max_repeated_fields:
                raise too_many_repeats(self._limits, self._repeated)
        names[name] = None

    def _require_depth(self, depth: int, least: int = 0) -> None:
        most = max(self._limits.max_depth, least)
        if depth > most:
            raise too_deep(most, depth)

    def _root_names(self, selections: SelectionSetNode, names: set[str], spread: set[str]) -> set[str]:
        for each in selections.selections:
            if isinstance(each, FieldNode):
                names.add((each.alias or each.name).value)
                if self._is_subscription and each.name.value == _LIVE and each.selection_set is not None:
                    self._root_names(each.selection_set, names, spread)
            elif isinstance(each, InlineFragmentNode):
                self._root_names(each.selection_set, names, spread)
            elif isinstance(each, FragmentSpreadNode) and each.name.value not in spread:
                spread.add(each.name.value)
                fragment = self._fragments.get(each.name.value)
                if fragment is not None:
                    self._root_names(fragment.selection_set, names, spread)
        return names


def too_many_aliases(limits: Limits, number: int) -> TooComplex:
    """There are more aliases than may be."""
    return TooComplex("aliases", limits.max_aliases, number, "ask for lists, or by `…ById`")


def too_many_repeats(limits: Limits, number: int) -> TooComplex:
    """Fields of the same name stand in one selection, more often than may be."""
    return TooComplex("repeated-fields", limits.max_repeated_fields, number, "select each field once")


def too_deep(most: int, depth: int) -> TooComplex:
    """A selection has more levels than may be."""
    return TooComplex("depth", most, depth, "ask for fewer levels at once")


class BoundedOverlappingFieldsRule(OverlappingFieldsCanBeMergedRule):
    """The rule of graphql-core, with fewer steps than its own bound, which takes seconds."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MOST_COMPARISONS


RULES = tuple(
    BoundedOverlappingFieldsRule if each is OverlappingFieldsCanBeMergedRule else each for each in specified_rules
)
"""The rules of the specification, made once."""
