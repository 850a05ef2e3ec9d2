"""What clients are told of errors."""

import logging

import pytest
from graphql import GraphQLError

from hazelgate.gateway.errors import field_error, internal_error
from hazelgate.sourcing.errors import NotAvailableYet, PipelineUnavailable
from tests.support.gateway import Gateway


@pytest.mark.parametrize("original", [PipelineUnavailable("away"), NotAvailableYet("later")])
def test_an_error_of_ours_keeps_its_code_and_message(original: PipelineUnavailable | NotAvailableYet) -> None:
    formatted = field_error(GraphQLError(str(original), path=["a"], original_error=original))
    assert (formatted["message"], formatted["extensions"]) == (original.message, {"code": original.code})


def test_any_other_error_is_masked_and_logged_under_the_id_that_the_client_gets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        formatted = field_error(GraphQLError("password=x", path=["a"], original_error=KeyError("password=x")))
    assert formatted["message"] == "internal error"
    assert formatted["extensions"]["code"] == "INTERNAL"
    assert "password" not in str(formatted)
    assert formatted["extensions"]["errorId"] in caplog.text
    assert "password=x" in caplog.text


def test_an_error_outside_of_fields_is_masked_too(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        formatted = internal_error(RuntimeError("secret"))
    assert "secret" not in str(formatted)
    assert formatted["extensions"]["errorId"] in caplog.text


async def test_what_goes_wrong_inside_stays_inside(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The client of a query gets an id, not the reason; other fields of the request are answered."""

    async def broken(map_name: str, keys: object) -> object:
        raise RuntimeError("password=x")

    monkeypatch.setattr(gateway.cluster, "read", broken)
    with caplog.at_level(logging.CRITICAL):
        body = await gateway.post('{ customer(customerId: "c1") { name } eventCatalog { version } }')
    [error] = body["errors"]
    assert (error["message"], error["path"]) == ("internal error", ["customer"])
    assert "password" not in str(body)
    assert body["data"]["eventCatalog"]
