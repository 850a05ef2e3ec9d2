"""Ids of nodes, opaque texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazelgate.client.views.cursors import decode_opaque, encode_opaque
from hazelgate.schema.nodes import GlobalId


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_an_opaque_text_comes_back(text: str) -> None:
    assert decode_opaque(encode_opaque(text)) == text


@pytest.mark.parametrize("text", ["!", "a", "ü", "_w", "Zm9v\n"])
def test_what_was_never_given_out_is_none(text: str) -> None:
    assert decode_opaque(text) is None


def test_the_id_of_a_node_comes_back() -> None:
    node = GlobalId("Customer", "a:b~c")
    assert GlobalId.decode(node.encode()) == node


@pytest.mark.parametrize("text", ["", encode_opaque("Customer"), encode_opaque(":x"), encode_opaque("Customer:"), "%%"])
def test_another_text_is_no_id_of_a_node(text: str) -> None:
    assert GlobalId.decode(text) is None
