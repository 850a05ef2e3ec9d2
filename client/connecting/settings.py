"""Settings of a connection: those that a gateway has as well, by the same names in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from hazelgate.sourcing.errors import InvalidArgument
from hazelgate.sourcing.settings import PREFIX, ClusterOptions, DomainOptions, ReadOptions, problem


class ConnectionSettings(DomainOptions, ClusterOptions, ReadOptions, BaseSettings):
    """Where to connect, and how reads are bounded: built once, frozen."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        enable_decoding=False,  # several members are parted by commas, not an array of JSON
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )


def settings_of(given: Mapping[str, Any]) -> ConnectionSettings:
    """
    The settings that are given; the others from the environment, or their defaults.

    Args:
        given: By name; None where nothing is given.

    Raises:
        InvalidArgument: A value will not do.
    """
    try:
        return ConnectionSettings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        field = ".".join(map(str, error.errors()[0]["loc"]))
        raise InvalidArgument(problem(error), field=field) from None
