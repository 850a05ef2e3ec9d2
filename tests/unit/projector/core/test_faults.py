"""What a dead letter and the log say of a fault in the user's code."""

from __future__ import annotations

import pytest

from hazelgate import NotYet
from hazelgate.projector.core.calls import Calls
from hazelgate.projector.core.faults import FaultLog, said


def deep(levels: int, text: str = "no") -> None:
    if levels == 0:
        raise ValueError(text)
    deeper(levels - 1, text)


def deeper(levels: int, text: str) -> None:
    """Python shows the same line only three times in a row."""
    deep(levels, text)


def fault(levels: int = 0, text: str = "no") -> BaseException:
    try:
        deep(levels, text)
    except ValueError as error:
        return error
    raise AssertionError("it raises")


def test_the_message_comes_first_and_then_the_frames() -> None:
    first, *frames = said(fault()).split("\n")
    assert first == "ValueError: no"
    assert "test_faults.py" in frames[-2]
    assert frames[-1].strip() == "raise ValueError(text)"


def test_of_many_frames_the_last_ones_are_shown() -> None:
    text = said(fault(levels=100))
    assert text.count("in deep") == 8, "of each function four"
    assert text.endswith("raise ValueError(text)")


@pytest.mark.parametrize("length", [1_999, 2_500, 100_000])
def test_a_letter_has_room_for_so_much(length: int) -> None:
    text = said(fault(levels=30, text="x" * length))
    assert len(text) <= 4_000
    assert "in deep" in text, "a long message leaves room for the frames"


def test_a_fault_without_frames_of_the_users_is_its_message() -> None:
    assert said(ValueError("no")) == "ValueError: no"


def test_half_of_a_surrogate_pair_is_no_second_fault() -> None:
    assert said(fault(text="\ud800")).startswith("ValueError: ?")


def test_waiting_is_no_fault() -> None:
    def waits() -> None:
        raise NotYet("nothing yet")

    with pytest.raises(NotYet) as raised:
        waits()
    assert said(raised.value) == "NotYet: nothing yet"


def test_the_log_has_each_fault_once_with_its_frames(caplog: pytest.LogCaptureFixture) -> None:
    log = FaultLog()
    for _ in range(3):
        log.hear("shop.fold, Made e1 into box-view b", fault())
    log.hear("shop.fold, Made e2 into box-view b", fault())
    log.hear("shop.fold, Made e3 into box-view b", NotYet("nothing yet"))
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "shop.fold, Made e1 into box-view b",
        "shop.fold, Made e2 into box-view b",
    ]
    assert all("raise ValueError(text)" in record.message for record in caplog.records)


def test_a_fault_that_is_to_be_expected_is_not_told() -> None:
    heard: list[str] = []
    calls = Calls(hear=lambda where, error: heard.append(where))
    calls.blame(ValueError())
    calls.blame(ValueError(), "a fold")
    assert heard == ["a fold"]
