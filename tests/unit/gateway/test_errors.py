"""What clients are told of errors."""

import logging

import pytest
from graphql import GraphQLError

from hazelgate.gateway.errors import Faults, field_error
from hazelgate.gateway.graphql.answers import Answer, fault
from hazelgate.gateway.transports.failures import RequestLog
from hazelgate.sourcing.errors import NotAvailableYet, PipelineUnavailable
from tests.support.gateway import Gateway


@pytest.mark.parametrize("original", [PipelineUnavailable("away"), NotAvailableYet("later")])
def test_an_error_of_ours_keeps_its_code_and_message(original: PipelineUnavailable | NotAvailableYet) -> None:
    faults = Faults()
    formatted = field_error(GraphQLError(str(original), path=["a"], original_error=original), faults)
    assert faults.errors == []
    assert (formatted["message"], formatted["extensions"]) == (original.message, {"code": original.code})


def test_any_other_error_is_masked_and_logged_under_the_id_that_the_client_gets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults = Faults()
    formatted = field_error(GraphQLError("password=x", path=["a"], original_error=KeyError("password=x")), faults)
    with caplog.at_level(logging.ERROR):
        RequestLog({"request_id": "r1"}, 0.0).failed(Answer({"errors": [formatted]}, True, faults))
    assert formatted["message"] == "internal error"
    assert formatted["extensions"]["code"] == "INTERNAL"
    assert "password" not in str(formatted)
    [record] = caplog.records
    assert formatted["extensions"]["errorId"] == vars(record)["error_id"]
    assert "password=x" in caplog.text


def test_an_error_outside_of_fields_is_masked_too(caplog: pytest.LogCaptureFixture) -> None:
    answer = fault(RuntimeError("secret"))
    with caplog.at_level(logging.ERROR):
        RequestLog({"request_id": "r1"}, 0.0).failed(answer)
    assert "secret" not in str(answer.body)
    [record] = caplog.records
    [error] = answer.body["errors"]
    assert error["extensions"]["errorId"] == vars(record)["error_id"]
    assert "secret" in caplog.text


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


def test_errors_that_are_alike_are_one_for_the_traceback() -> None:
    faults = Faults()
    for _ in range(1_000):
        faults.mask(RuntimeError("same"))
    assert faults.as_one() is faults.errors[0]


def test_errors_that_differ_are_told_together_and_not_without_end() -> None:
    faults = Faults()
    for number in range(1_000):
        faults.mask(RuntimeError(f"row {number}"))
    told = faults.as_one()
    assert isinstance(told, BaseExceptionGroup)
    assert told.message == "1,000 internal errors"
    assert [str(error) for error in told.exceptions] == [f"row {number}" for number in range(5)]
