"""What the stack's processes are told."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from hazelgate.operations import member
from hazelgate.operations.ports import free_ports
from hazelgate.operations.stack.options import DevOptions
from hazelgate.operations.stack.planning import Stack, plan_stack
from hazelgate.operations.stack.services import ChildSpec
from tests.component.operations.conftest import FakeJava


@pytest.fixture(autouse=True)
def _a_java_and_an_engine(fake_java: FakeJava, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = tmp_path / "engine.jar"
    jar.touch()
    monkeypatch.setattr(member.engine_jar, "__defaults__", (jar,))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("JAVA_HOME", str(fake_java("home", 'openjdk version "21.0.2" 2024-01-16')))


def service(stack: Stack, name: str) -> ChildSpec:
    [found] = [each for each in stack.services if each.name == name]
    return found


def test_a_stack_in_memory_knows_of_no_database_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The member reads the variable by itself: without `--postgres` it has to find nothing there."""
    monkeypatch.setenv("HAZELGATE_POSTGRES_DSN", "postgresql://shop@127.0.0.1:1/shop")
    stack = plan_stack(DevOptions(port=0, postgres_dsn="postgresql://shop@127.0.0.1:1/shop"))
    assert service(stack, "member").environ["HAZELGATE_POSTGRES_DSN"] == ""


def test_all_processes_log_as_the_stack_is_told_to() -> None:
    stack = plan_stack(DevOptions(port=0, log_level="debug", log_form="json"))
    assert stack.demo is not None
    for spec in (service(stack, "projector"), service(stack, "gateway"), stack.demo):
        assert {"--log-level=debug", "--log-form=json"} <= set(spec.command)
    assert {"-Dhazelgate.log-level=FINE", "-Dhazelgate.log-form=json"} <= set(service(stack, "member").command)


def test_a_gateway_is_a_subgraph_where_the_stack_is_told_so() -> None:
    told = [service(plan_stack(DevOptions(port=0, federation=each)), "gateway").command for each in (True, False)]
    assert ["--federation" in command for command in told] == [True, False]


def test_a_gateway_answers_in_parts_where_the_stack_is_told_so() -> None:
    options = [DevOptions(port=0, incremental_delivery=each) for each in (True, False)]
    told = [service(plan_stack(each), "gateway").command for each in options]
    assert ["--incremental-delivery" in command for command in told] == [True, False]


def test_a_gateway_is_told_of_the_module_that_adds_to_the_api() -> None:
    told = [service(plan_stack(DevOptions(port=0, api=each)), "gateway").command for each in ("more", None)]
    assert [[word for word in command if word.startswith("--api")] for command in told] == [["--api=more"], []]


def test_only_the_shop_has_demo_data() -> None:
    assert plan_stack(DevOptions(port=0)).demo is not None
    assert plan_stack(DevOptions(port=0, domain="domain")).demo is None
    assert plan_stack(DevOptions(port=0, demo_data=False)).demo is None


def test_several_members_know_one_another_and_have_a_projector_each() -> None:
    """Most of three have to see one another; all gateways know all members."""
    stack = plan_stack(DevOptions(port=0, member_count=3, gateway_count=2))
    names = [spec.name for spec in stack.services]
    assert names == [
        *("projector 1", "projector 2", "projector 3"),
        *("member 1", "member 2", "member 3"),
        *("gateway 1", "gateway 2"),
    ]
    addresses = [member.address for member in stack.members]
    assert len({*addresses, *(member.options.projector for member in stack.members)}) == 6
    for each in stack.members:
        assert {f"-Dhazelgate.members={','.join(addresses)}", "-Dhazelgate.quorum=2"} <= set(each.spec.command)
        assert f"-Dhazelgate.projector={each.options.projector}" in each.spec.command
    for gateway in stack.gateways:
        assert f"--members={','.join(addresses)}" in gateway.spec.command
    assert len(set(stack.urls)) == 2


def test_all_places_of_several_are_told() -> None:
    stack = plan_stack(DevOptions(port=0, member_count=2, gateway_count=2))
    told = [name for name, _ in stack.places]
    assert told == [
        *("member 1", "member 2", "projector 1", "projector 2", "commands"),
        *("gateway 1", "gateway 2", "GraphiQL"),
    ]


def test_the_gateways_listen_one_port_after_the_other() -> None:
    first = free_ports(1)[0]
    stack = plan_stack(DevOptions(port=first, gateway_count=2))
    assert stack.urls == (f"http://127.0.0.1:{first}", f"http://127.0.0.1:{first + 1}")


def test_a_member_of_one_stands_alone() -> None:
    [alone] = plan_stack(DevOptions(port=0)).members
    assert not [told for told in alone.spec.command if told.startswith("-Dhazelgate.members=")]


def test_a_member_that_starts_again_is_told_where_its_projector_is_by_then() -> None:
    """It was replaced by one at another port."""
    [planned] = plan_stack(DevOptions(port=0)).members
    again = planned.with_projector("127.0.0.1:1")
    assert "-Dhazelgate.projector=127.0.0.1:1" in again.command
    assert len(again.command) == len(planned.spec.command)
