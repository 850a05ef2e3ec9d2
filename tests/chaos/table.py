"""The table of `make chaos`."""

from __future__ import annotations

from tests.chaos.checking import Broken
from tests.chaos.faults import Fault
from tests.chaos.scene import Result

_COLUMNS = (
    ("lost", Broken.LOST),
    ("twice", Broken.TWICE),
    ("disorder", Broken.ORDER),
    ("unfinished", Broken.UNFINISHED),
    ("views", Broken.VIEW),
    ("stream", Broken.STREAM),
    ("answers", Broken.ANSWER),
)


def headline() -> str:
    """The names of the columns."""
    names = "".join(f"{name:>11}" for name, _ in _COLUMNS)
    return f"{'fault':<18}{'sent':>8}{'acknowledged':>14}{names}{'recovered':>11}{'others':>8}{'took':>8}"


def line(fault: Fault, result: Result, took_seconds: float) -> str:
    """What came of one fault."""
    counts = "".join(f"{result.count(broken):>11,}" for _, broken in _COLUMNS)
    recovered = "–" if result.recovery_seconds is None else f"{result.recovery_seconds:.1f} s"
    others = "–" if fault.recovers_in_seconds is None else f"{result.others:.0%}"
    verdict = "" if is_good(fault, result) else "  BAD"
    return (
        f"{fault.name:<18}{result.sent:>8,}{result.acknowledged:>14,}{counts}{recovered:>11}"
        f"{others:>8}{took_seconds:>6.0f} s{verdict}"
    )


def is_good(fault: Fault, result: Result) -> bool:
    """
    Nothing was broken, something was acknowledged, and it went on in time.

    Of the time that counts which part of the machine was left to it: what else the machine did must not decide.
    """
    if result.violations or not result.acknowledged:
        return False
    limit = fault.recovers_in_seconds
    return limit is None or (
        result.recovery_seconds is not None and result.recovery_seconds * (1 - result.others) <= limit
    )
