"""A change of code that can't be finished leaves the pipeline as it was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from hazelgate.client.figures.metrics import PipelineStats, merge_stats
from hazelgate.client.figures.pipelines import DRAINED, RUNNING, ControlAnswer, MemberPipeline, PipelineState
from hazelgate.client.operators.replacement import Replacement
from hazelgate.sourcing.errors import HazelgateError, PipelineUnavailable

OLD, NEW = "old-code", "new-code"
MEMBERS = ("m1:1", "m2:1")


class Members:
    """Two members, each with a projector beside it, which do at once what is asked of them."""

    def __init__(self) -> None:
        self.status = self.job = RUNNING
        self.named: dict[str, str] = {}
        self.by: str | None = None
        """Who has claimed the pipeline."""
        self.asked: list[str] = []
        self.code = {"old1:1": OLD, "old2:1": OLD, "new1:1": NEW, "new2:1": NEW}
        """Of the projectors that are there, by address."""
        self.refused: str | None = None
        """An action that no member does."""
        self.slow = False
        """Whether a job that is started does not run for long."""
        self.vanish: set[str] = set()
        """Projectors that go as soon as one is switched."""

    def address(self, member: str) -> str:
        return self.named.get(member, self.named.get("*", f"old{MEMBERS.index(member) + 1}:1"))

    def state(self) -> PipelineState:
        def of(member: str) -> MemberPipeline:
            address = self.address(member)
            code = self.code.get(address, "")
            projector = "READY" if code else "AWAY"
            return MemberPipeline(
                name="events", member=member, job=self.job, projector=projector, address=address, fingerprint=code
            )

        return PipelineState("events", tuple(map(of, MEMBERS)))

    async def stats(self) -> PipelineStats:
        return msgspec.structs.replace(merge_stats([]), pipelines=(self.state(),))

    async def read(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        assert (map_name, list(keys)) == ("pipeline-control", ["events"])
        change = {} if self.by is None else {"change": {"by": self.by}}
        return [json.dumps({"status": self.status, "projectors": self.named, **change}).encode()]

    async def control_pipeline(self, request: Mapping[str, Any], *, on_all: bool = False) -> list[ControlAnswer]:
        action = request["action"]
        self.asked.append(action)
        if action == self.refused:
            raise PipelineUnavailable(f"no member does {action}")
        if action == "keep":
            return []
        if action == "try":
            code = self.code.get(request["projector"])
            return [ControlAnswer(member=m, fingerprint=code or "", problem=None if code else "no") for m in MEMBERS]
        if self.by not in (None, request["by"]):
            raise HazelgateError("another operator is just changing pipeline events")
        if request.get("claimed") and self.by is None:
            raise HazelgateError("pipeline events is no longer this command's")
        if action == "claim":
            self.by = request["by"]
        elif action == "release":
            self.by = None
        elif action == "drain":
            self.status = self.job = DRAINED
        elif action == "start":
            self.status, self.job = RUNNING, DRAINED if self.slow else RUNNING
        elif "projectors" in request:
            self.named = dict(request["projectors"])
        else:
            for address in self.vanish:
                self.code.pop(address, None)
            before = {} if request["member"] == "*" else self.named
            self.named = {**before, request["member"]: request["projector"]}
        return [ControlAnswer(member=MEMBERS[0])]


@pytest.fixture
def members() -> Members:
    return Members()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def replacement(members: Members, said: list[str]) -> Replacement:
    return Replacement(members, 0.2, said.append)


BOTH = ("m1:1=new1:1", "m2:1=new2:1")


async def test_all_members_get_the_new_code(members: Members, replacement: Replacement) -> None:
    await replacement.replace("events", BOTH)
    assert members.status == RUNNING
    assert members.state().fingerprints == (NEW,)


async def test_a_member_that_is_left_out_is_named_before_anything_is_changed(
    members: Members, replacement: Replacement
) -> None:
    with pytest.raises(PipelineUnavailable, match=r"no new projector is named for m2:1: .*; nothing was changed"):
        await replacement.replace("events", BOTH[:1])
    assert set(members.asked) == {"try"}


async def test_a_member_that_has_the_new_code_already_need_not_be_named(
    members: Members, replacement: Replacement
) -> None:
    members.named = {"m2:1": "new2:1"}
    await replacement.replace("events", BOTH[:1])
    assert members.state().fingerprints == (NEW,)


@pytest.mark.parametrize("named", [{}, {"*": "old1:1"}, {"m1:1": "old1:1"}])
async def test_projectors_that_go_meanwhile_leave_the_old_ones_in_their_place(
    members: Members, replacement: Replacement, named: dict[str, str]
) -> None:
    members.named = dict(named)
    members.vanish = {"new2:1"}
    with pytest.raises(PipelineUnavailable, match=r"not every member sees the new code .*it runs again with code old"):
        await replacement.replace("events", BOTH)
    assert (members.status, members.named) == (RUNNING, named)
    assert members.state().fingerprints == (OLD,)


async def test_a_switch_that_fails_half_way_is_taken_back(members: Members, replacement: Replacement) -> None:
    async def only_once(request: Mapping[str, Any], *, on_all: bool = False) -> list[ControlAnswer]:
        if request["action"] == "switch" and members.named and "projectors" not in request:
            raise PipelineUnavailable("gone")
        return await Members.control_pipeline(members, request, on_all=on_all)

    members.control_pipeline = only_once  # type: ignore[method-assign]
    with pytest.raises(PipelineUnavailable, match="gone; it runs again"):
        await replacement.replace("events", BOTH)
    assert (members.status, members.named) == (RUNNING, {})


async def test_a_pipeline_that_was_drained_stays_so_with_its_old_code(
    members: Members, replacement: Replacement
) -> None:
    members.status = members.job = DRAINED
    members.vanish = {"new2:1"}
    with pytest.raises(PipelineUnavailable, match="it is drained, as before"):
        await replacement.replace("events", BOTH)
    assert (members.status, members.named) == (DRAINED, {})


async def test_without_the_old_code_its_writes_wait_and_the_way_on_is_said(
    members: Members, replacement: Replacement
) -> None:
    members.vanish = {"new2:1", "old1:1"}
    with pytest.raises(PipelineUnavailable, match=r"its writes wait.*`hazelgate pipeline start` goes on"):
        await replacement.replace("events", BOTH)
    assert members.status == DRAINED


async def test_a_job_that_is_slow_to_run_again_is_told_so(members: Members, replacement: Replacement) -> None:
    members.slow = True
    with pytest.raises(PipelineUnavailable, match=r"it is started again with code old-code, as before .*not run yet"):
        await replacement.replace("events", ())


async def test_a_drain_that_is_not_even_begun_changes_nothing(members: Members, replacement: Replacement) -> None:
    members.refused = "drain"
    with pytest.raises(PipelineUnavailable, match="no member does drain; nothing was changed"):
        await replacement.replace("events", BOTH)
    assert "start" not in members.asked


async def test_new_code_that_is_never_started_leaves_the_old_running(
    members: Members, replacement: Replacement
) -> None:
    """Without addresses: the new code would come where the old is."""
    with pytest.raises(PipelineUnavailable, match="it runs again with code old"):
        await replacement.replace("events", ())
    assert members.status == RUNNING


async def test_an_operator_who_breaks_it_off_gets_back_what_was(members: Members, said: list[str]) -> None:
    replacing = asyncio.create_task(Replacement(members, 60, said.append).replace("events", ()))
    while not any("now start the new code" in line for line in said):
        assert not replacing.done()
        await asyncio.sleep(0)
    replacing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await replacing
    assert members.status == RUNNING
    assert any("it runs again with code old-code, as before" in line for line in said)


@pytest.mark.parametrize("last", ["claim", "drain"])
async def test_an_operator_who_hangs_until_its_change_is_taken_back_changes_nothing_more(
    members: Members, replacement: Replacement, last: str
) -> None:
    async def taken_back_behind_it(request: Mapping[str, Any], *, on_all: bool = False) -> list[ControlAnswer]:
        answers = await Members.control_pipeline(members, request, on_all=on_all)
        if request["action"] == last:
            members.by, members.status = None, RUNNING
        return answers

    members.control_pipeline = taken_back_behind_it  # type: ignore[method-assign]
    with pytest.raises(PipelineUnavailable, match="no longer this command's; its members had not heard of"):
        await replacement.replace("events", BOTH)
    assert (members.status, members.named) == (RUNNING, {})


async def test_two_operators_at_once_are_one_after_the_other_or_refused(
    members: Members, replacement: Replacement
) -> None:
    members.by = "another"
    with pytest.raises(HazelgateError, match="another operator is just changing"):
        await replacement.replace("events", BOTH)
    assert (members.status, members.named, members.by) == (RUNNING, {}, "another")


async def test_the_pipeline_is_free_again_whether_it_went_well_or_not(
    members: Members, replacement: Replacement
) -> None:
    await replacement.replace("events", BOTH)
    assert members.by is None
    with pytest.raises(PipelineUnavailable):
        await replacement.replace("events", ())
    assert members.by is None


async def test_whose_change_was_taken_back_touches_nothing_any_more(members: Members, replacement: Replacement) -> None:
    """It was stopped for longer than the members wait for it."""

    async def taken_back(request: Mapping[str, Any], *, on_all: bool = False) -> list[ControlAnswer]:
        answers = await Members.control_pipeline(members, request, on_all=on_all)
        if request["action"] == "drain":
            members.by, members.status, members.job = None, RUNNING, DRAINED
        return answers

    members.control_pipeline = taken_back  # type: ignore[method-assign]
    members.vanish = {"new2:1"}
    with pytest.raises(PipelineUnavailable, match="had not heard of this command for long"):
        await replacement.replace("events", BOTH)
    assert "start" not in members.asked
