"""The recommended rules of `@graphql-eslint` on schemas that are derived; an exception has a reason."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hazelgate import Catalog
from hazelgate.gateway.graphql.executable_schema import schema_text
from tests.acceptance.conftest import NODE_TESTS

DOMAINS = ["hazelgate.domain", "tests.domains.bookings.bookings"]
RULES = NODE_TESTS / "lint.mjs"

Finding = dict[str, Any]


def findings(node: Path, path: Path, text: str) -> list[Finding]:
    path.write_text(text, encoding="utf-8")
    command = [node, RULES, path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == int(any(each["reason"] is None for each in found)), done.stderr
    return found


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_derived_schema_keeps_the_rules(node: Path, tmp_path: Path, domain: str) -> None:
    found = findings(node, tmp_path / "schema.graphql", schema_text(Catalog.load(domain)))
    assert [each for each in found if each["reason"] is None] == []


def test_every_exception_is_needed(node: Path, tmp_path: Path) -> None:
    texts = [schema_text(Catalog.load(domain)) for domain in DOMAINS]
    used = {each["reason"] for text in texts for each in findings(node, tmp_path / "schema.graphql", text)}
    assert len(used) == len(re.findall(r"^    reason: ", RULES.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(
    ("was", "now", "rule"),
    [
        ("  sku: String!\n", "  productSku: String!\n", "no-typename-prefix"),
        ("type Product implements", "type Stray { id: ID! }\n\ntype Product implements", "no-unreachable-types"),
        ("  sku: String!\n", "  SKU: String!\n", "naming-convention"),
        ('"""Where an order stands."""\n', "", "require-description"),
    ],
)
def test_what_breaks_a_rule_is_found(node: Path, tmp_path: Path, was: str, now: str, rule: str) -> None:
    text = schema_text(Catalog.load(DOMAINS[0]))
    assert was in text
    found = findings(node, tmp_path / "schema.graphql", text.replace(was, now, 1))
    assert rule in [each["rule"] for each in found if each["reason"] is None]
