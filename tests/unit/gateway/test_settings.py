"""The settings, and what they refuse."""

import pytest
from pydantic import ValidationError

from hazelgate.gateway.settings import Settings


def test_every_setting_has_a_default() -> None:
    assert Settings().members == ("127.0.0.1:5701",)


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAZELGATE_MEMBERS", "one:5701, two:5702")
    monkeypatch.setenv("HAZELGATE_PORT", "9000")
    assert (Settings().members, Settings().port) == (("one:5701", "two:5702"), 9000)


@pytest.mark.parametrize("members", [(), ("nowhere",), (":5701",), ("host:port",)])
def test_a_member_without_host_and_port_is_refused(members: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        Settings(members=members)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]
