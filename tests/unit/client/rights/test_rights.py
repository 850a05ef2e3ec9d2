"""Rights of one caller, worked out of rules: rows, fields, indexes and links."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hazelgate import Catalog, Identity, allow, claim
from hazelgate.client.reading.filters import matches
from hazelgate.client.rights.rights import LimitedRights, Rights
from hazelgate.client.rights.rows import check_rows, checker_of, filter_for, fixed_paths
from hazelgate.client.rights.shapes import check_rules, claims_named, readable_by, roles_named, shape_of
from hazelgate.sourcing.declaring.indexes import By
from hazelgate.sourcing.errors import CatalogError
from tests.unit.gateway.rights.clinic import visits

CATALOG = Catalog.load("tests.unit.gateway.rights.clinic")
VISITS = CATALOG.views[visits.name]
PATIENTS = CATALOG.views["patient-view"]


def caller(*roles: str, **claims: Any) -> LimitedRights:
    """A caller with these roles, and what its token says."""
    identity = Identity(subject=claims.pop("sub", "p1"), roles=roles, claims=claims)
    return LimitedRights(CATALOG, shape_of(CATALOG, {*roles, "authenticated"}), identity)


def entry(**fields: Any) -> bytes:
    return json.dumps({"_meta": {}, "visitId": "v1", **fields}).encode()


# ---------------------------------------------------------------- rows


def test_a_rule_is_a_filter_with_the_claims_of_the_caller_in_it() -> None:
    rows = By("patient_id") == claim("sub")
    found = filter_for(VISITS, rows, Identity(subject="p7"))
    assert found == {"path": ["patientId"], "op": "eq", "value": "p7", "as": "text"}


@pytest.mark.parametrize("claims", [{}, {"regions": 5}, {"regions": ["north"]}, {"regions": None}, {"regions": {}}])
def test_a_claim_that_is_missing_or_none_of_the_field_gives_nothing(claims: dict[str, Any]) -> None:
    assert filter_for(VISITS, {"region": {"eq": claim("regions")}}, Identity(subject="x", claims=claims)) is None
    negated = {"not": {"region": {"eq": claim("regions")}}}
    assert filter_for(VISITS, negated, Identity(subject="x", claims=claims)) is None, "not even by negation"
    rights = caller("staff", **claims)
    limit = rights.limit(visits.name)
    assert limit is not None
    assert not limit.allows(entry(region="north"))
    assert not limit.allows(entry(region=None))


def test_a_list_of_values_and_nested_conditions_are_rules_too() -> None:
    rows = {"region": {"in": claim("regions")}, "drugs": {"some": {"label": {"starts_with": "a"}}}}
    found = filter_for(VISITS, rows, Identity(subject="x", claims={"regions": ["north", "west"]}))
    assert found is not None
    allows = checker_of(found)
    assert allows(entry(region="west", drugs=[{"label": "abc"}]))
    assert not allows(entry(region="west", drugs=[{"label": "xbc"}]))
    assert not allows(entry(region="east", drugs=[{"label": "abc"}]))


@pytest.mark.parametrize("value", ["p1", "p2", None, 1, ["p1"], {"a": 1}])
def test_the_quick_look_at_one_text_says_what_the_filter_says(value: object) -> None:
    for tree in (
        {"path": ["patientId"], "op": "eq", "value": "p1", "as": "text"},
        {"path": ["a", "b"], "op": "eq", "value": "p1", "as": "text"},
    ):
        for fields in ({"patientId": value}, {"a": {"b": value}}, {"a": value}, {"a": None}, {}):
            data = {"_meta": {}, **fields}
            assert checker_of(tree)(json.dumps(data).encode()) == matches(tree, data), (tree, data)


def test_a_rule_that_is_no_filter_is_told_at_the_start() -> None:
    for rows in ({"regoin": {"eq": claim("sub")}}, {"region": {"ew": claim("sub")}}, {"cost": {"eq": "x"}}, {"at": 1}):
        with pytest.raises(CatalogError, match="here"):
            check_rows(VISITS, rows, "here")
    check_rows(VISITS, {"cost": {"gte": claim("limit")}}, "here")
    check_rows(VISITS, {"at": {"gte": claim("since")}, "region": {"in": claim("regions")}}, "here")
    check_rules(CATALOG)


def test_the_paths_that_a_rule_sets_are_known() -> None:
    assert fixed_paths(By("a.b") == claim("x")) == {("a", "b")}
    assert fixed_paths({"a": {"eq": 1}, "b": {"in": [1]}, "c": {"d": {"eq": 1}}}) == {("a",), ("c", "d")}
    assert fixed_paths({"or": [{"a": {"eq": 1}}], "not": {"b": {"eq": 1}}}) == frozenset()


# ---------------------------------------------------------------- fields


def test_rules_of_several_roles_join() -> None:
    own, far = By("patient_id") == claim("sub"), By("region") == claim("r")
    everything, some = allow("a", rows=own), allow("b", rows=far, fields=["region", "cost"])
    found = readable_by([everything, some], frozenset("ab"))
    assert found is not None
    assert found.rows == (own, far)
    assert found.fields == frozenset({"region", "cost"}), (
        "what both show: rows of the one may not show fields of the other"
    )
    found = readable_by([everything, some, allow("c")], frozenset("abc"))
    assert found is not None
    assert (found.rows, found.fields) == (None, None), "a rule that includes the others is all that counts"
    assert readable_by([everything, some], frozenset("x")) is None
    twice = readable_by([allow("a", fields=["cost"]), allow("b", fields=["cost"])], frozenset("ab"))
    assert twice is not None
    assert twice.fields == frozenset({"cost"})


def test_an_index_is_not_walked_where_its_cursors_would_tell_a_hidden_field() -> None:
    staff = caller("staff", regions="north").catalog.views["patient-view"]
    assert set(staff.indexes) == {"name", "regionAndName", "id"}
    assert "regionAndScore" in PATIENTS.indexes
    auditor = caller("auditor").catalog.views[visits.name]
    assert set(auditor.indexes) == {"cost", "id"}


def test_a_list_under_a_rule_walks_the_index_that_the_rule_names() -> None:
    made = caller("patient").list_of(VISITS, None, None)
    assert made.plan.index == "patient"
    assert made.plan.rest is None, "no entry of others is looked at"
    assert made.tree is None, "errors name what the caller has asked for"


def test_computed_fields_and_links_are_shown_by_name_where_fields_are_named() -> None:
    seen = caller("staff", regions="north").catalog.views[visits.name]
    assert seen.computed == ()
    assert [each.name for each in seen.links] == ["patient"]
    assert [each.name for each in caller("auditor").catalog.views[visits.name].links] == []
    assert {each.name for each in seen.fields} == {"visitId", "patientId", "status", "at"}


# ---------------------------------------------------------------- who shares what


def test_callers_that_see_the_same_have_one_key() -> None:
    assert caller("auditor", sub="a").key == caller("auditor", sub="b").key
    assert caller("patient", sub="a").key != caller("patient", sub="b").key
    assert caller("staff", regions="north").key != caller("staff", regions="south").key
    assert caller("auditor").key != caller("staff").key
    assert Rights(CATALOG).key is None


def test_an_event_keeps_the_claims_that_rules_name_and_no_others() -> None:
    assert claims_named(CATALOG) == {"sub", "regions"}
    assert roles_named(CATALOG) == {"patient", "staff", "auditor", "operator", "authenticated", "anonymous"}
    identity = Identity(subject="x", roles=("staff",), claims={"regions": "north", "secret": "s"})
    rights = LimitedRights(CATALOG, shape_of(CATALOG, {"staff"}), identity, claims_named(CATALOG))
    assert rights.metadata == {
        "identity": {"subject": "x", "roles": ("staff",), "claims": {"regions": "north", "sub": "x"}}
    }
