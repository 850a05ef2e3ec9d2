"""The schema keeps what clients were promised."""

from pathlib import Path

from graphql import build_schema
from graphql.utilities import DangerousChangeType, find_breaking_changes, find_dangerous_changes

from hazelgate import Catalog
from hazelgate.gateway.graphql.executable_schema import schema_text

SHOP = Catalog.load("hazelgate.domain")
CONTRACT = Path(__file__).parent / "contract.graphql"

HARMLESS = (
    DangerousChangeType.OPTIONAL_ARG_ADDED,
    DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED,
    DangerousChangeType.VALUE_ADDED_TO_ENUM,
)
"""Who does not know an argument, a field of an input or a sort leaves it out."""


def test_nothing_of_the_contract_is_missing_or_changed() -> None:
    """Every type, field, argument, default, enum value and union member is there as promised."""
    contract = build_schema(CONTRACT.read_text(encoding="utf-8"))
    ours = build_schema(schema_text(SHOP))
    assert [change.description for change in find_breaking_changes(contract, ours)] == []
    dangerous = [change.description for change in find_dangerous_changes(contract, ours) if change.type not in HARMLESS]
    assert dangerous == []


def test_the_comparison_notices_what_is_missing() -> None:
    """The test above can fail: a contract with one field more is not kept."""
    contract = CONTRACT.read_text(encoding="utf-8").replace(
        "type Product implements Node {", "type Product implements Node { weight: Int "
    )
    changes = find_breaking_changes(build_schema(contract), build_schema(schema_text(SHOP)))
    assert [change.description for change in changes] == ["Field Product.weight was removed."]
