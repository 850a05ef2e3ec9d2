"""What the stack's processes are told."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from hazelgate.operations import member
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


def test_only_the_shop_has_demo_data() -> None:
    assert plan_stack(DevOptions(port=0)).demo is not None
    assert plan_stack(DevOptions(port=0, domain="domain")).demo is None
    assert plan_stack(DevOptions(port=0, demo_data=False)).demo is None
