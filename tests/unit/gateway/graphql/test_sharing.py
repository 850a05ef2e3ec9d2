"""Who shares an execution with whom."""

from __future__ import annotations

from typing import Any

import pytest

from hazelgate import Catalog
from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.execution import Execution, GraphQLRequest
from hazelgate.gateway.graphql.executions import Executions
from hazelgate.gateway.graphql.limits import Limits
from hazelgate.gateway.graphql.live_executions import LiveExecution
from hazelgate.gateway.graphql.sharing import Sharing
from hazelgate.sourcing.identity import Identity

CATALOG = Catalog.load("tests.unit.gateway.rights.clinic")


def caller(subject: str, *roles: str, **claims: Any) -> Identity:
    return Identity(subject=subject, roles=roles, claims=claims)


@pytest.mark.parametrize(("query", "one", "other", "together"), [
    ("visits { totalCount }", caller("a", "auditor"), caller("b", "auditor"), True),
    ("visits { totalCount }", caller("a", "auditor"), caller("b", "operator"), False),
    ("visits { totalCount }", caller("a", "patient"), caller("b", "patient"), False),
    ("patients { totalCount }", caller("a", "staff", regions="n"), caller("b", "staff", regions="n"), True),
    ("patients { totalCount }", caller("a", "staff", regions="n"), caller("b", "staff", regions="s"), False),
    # Who has submitted an event hears more of it.
    ('completion(eventId: "e") { status }', caller("a", "auditor"), caller("b", "auditor"), False),
    ('completion(eventId: "e") { status }', caller("a", "auditor"), caller("a", "auditor"), True),
    ('visit(visitId: "v", minRevision: "t") { cost }', caller("a", "auditor"), caller("b", "auditor"), False),
])  # fmt: skip
def test_those_who_would_get_the_same_share_a_live_query(
    query: str, one: Identity, other: Identity, together: bool
) -> None:
    nothing_runs: Any = None
    executions = Executions(
        CATALOG, None, lambda schema, rights: Execution(schema, lambda *_: nothing_runs, rights, limits=Limits())
    )
    sharing = Sharing(executions.of(executions.rights_of(caller("o", "operator")))._schema, lambda _: 0)
    request = GraphQLRequest(f"subscription {{ live {{ {query} }} }}")
    found = []
    for identity in (one, other):
        execution = executions.of(executions.rights_of(identity))
        document = execution.document(request)
        assert not isinstance(document, Answer), document
        found.append(sharing.execution_of(execution, document, request))
    assert all(isinstance(each, LiveExecution) for each in found)
    assert (found[0] is found[1]) is together
