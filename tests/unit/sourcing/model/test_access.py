"""A mistake in a rule is one line that names class and role."""

from __future__ import annotations

from typing import Any

import pytest

from hazelgate.sourcing.errors import CatalogError
from tests.support.declared import declared

DOMAIN = """
from hazelgate import By, Event, Hidden, Id, View, allow, claim, event, projection

@event("Made", aggregate="Thing", key="thing_id", access=[{access}], readers=[{readers}])
class Made(Event):
    thing_id: Id
    name: str = ""

class Thing(View):
    thing_id: Id
    name: str
    tags: tuple[str, ...] = ()
    secret: Hidden[str] = ""

things = projection("thing-view", Thing, key="thing_id", access=[{view}])

@things.on(Made, key="thing_id")
def made(_: None, event: Made) -> Thing:
    return Thing(thing_id=event.thing_id, name=event.name)
"""


def domain(**rules: str) -> Any:
    given = {"access": "", "readers": "", "view": "", **rules}
    source = DOMAIN
    for name, text in given.items():
        source = source.replace(f"{{{name}}}", text)
    return declared(source)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"view": 'allow("a", when=lambda e, i: True)'}, "access of Thing for 'a' has `when`"),
        ({"view": 'allow("a", fields=["nam"])'}, "names 'nam'; Thing has no such field"),
        ({"view": 'allow("a", fields=["tags.x"])'}, "names whole fields of Thing"),
        ({"view": 'allow("a", rows=By("nam") == 1)'}, "Thing has no field 'nam'"),
        ({"view": 'allow("a", rows=By("tags") == "x")'}, "leads through a list"),
        ({"view": 'allow("a", rows={})'}, "has the rows {}"),
        ({"view": 'allow("a", rows=True)'}, "has the rows True"),
        ({"view": 'allow("")'}, "a role is a text"),
        ({"view": '"a"'}, "write allow"),
        ({"access": 'allow("a", rows=By("name") == "x")'}, "which are for `readers=`"),
        ({"access": 'allow("a", fields=["name"])'}, "which are for `readers=`"),
        ({"access": 'allow("a", when=lambda event: True)'}, "does not take two parameters"),
        ({"readers": 'allow("a", when=lambda e, i: True)'}, "which is for `access=`"),
        ({"readers": 'allow("a", fields=["nam"])'}, "Made has no such field"),
        ({"readers": 'allow("a", rows=By("nam") == 1)'}, "Made has no field 'nam'"),
    ],
)
def test_a_rule_that_is_none_is_refused(rules: dict[str, str], message: str) -> None:
    with pytest.raises(CatalogError) as raised:
        domain(**rules)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_rule_may_compare_what_no_api_shows() -> None:
    catalog = domain(
        view='allow("a", rows=By("secret") == claim("sub"), fields=["name", "revision", "history"])',
        access='allow("a", when=lambda event, identity: True)',
        readers='allow("a", rows=By("name") == claim("name"), fields=["name"])',
    )
    assert catalog.views["thing-view"].access[0].fields == ("name", "revision", "history")
