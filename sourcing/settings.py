"""
Settings that several processes have, and how a setting is named.

One frozen model tells a process what to do. It is built once and handed inward. A setting has one name, mostly that of
its field. By it go its option (`--cluster-name`) and its one environment variable (`HAZELGATE_CLUSTER_NAME`). The text
below a field describes the setting to operators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hazelgate.sourcing.logs import LogForm, LogLevel

PREFIX = "HAZELGATE_"


@dataclass(frozen=True)
class Named:
    """How a setting is called where its field can't be: two processes that listen have two ports."""

    name: str | None = None
    """By which its environment variable goes; None: the field's."""
    option: str | None = None
    """None: it goes by the name."""
    metavar: str | None = None
    """How its value is shown in the help."""
    repeated: bool = False
    """Whether its option is given once for each value; in the environment they are parted by blanks."""


class Options(BaseModel):
    """What a process is told: checked, frozen, and described by the text below each field."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class LogOptions(Options):
    """How a process writes its log."""

    log_level: LogLevel = "info"
    """The least level of what is logged, on stderr. For a command that ends by itself the default is warning."""
    log_form: LogForm = "console"
    """Log lines for a person, or for a program: an object of JSON each."""


class DomainOptions(Options):
    """Which domain a process serves, or looks at."""

    domain: str = "hazelgate.domain"
    """Import path of the events, guards and projections; a package or module in the current folder is found."""


class ApiOptions(Options):
    """What a gateway's API is."""

    api: str | None = None
    """Import path of a module that adds to the derived API; without it, an `api` beside the domain, if it is one."""
    federation: bool = False
    """Whether the GraphQL schema is a subgraph of Apollo Federation 2: entries are entities by their key."""
    incremental_delivery: bool = False
    """Whether answers may come in parts: the schema has `@defer` and `@stream`."""


class ClusterOptions(Options):
    """The cluster that a process connects to."""

    cluster_name: str = "dev"
    """The name of the cluster; `hazelgate dev` says which it is."""
    members: Annotated[tuple[str, ...], Named(metavar="HOST:PORT[,…]")] = ("127.0.0.1:5701",)
    """Some of its members, parted by commas."""

    @field_validator("members", mode="before")
    @classmethod
    def _part_at_commas(cls, value: object) -> object:
        return parted(value) if isinstance(value, str) else value

    @field_validator("members")
    @classmethod
    def _are_addresses(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        if not members:
            raise ValueError("name at least one member, like 127.0.0.1:5701")
        return require_addresses(members)


class ReadOptions(Options):
    """How far a process that reads goes."""

    operation_timeout_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How long one read of the cluster may take, before its field is an error."""
    max_scanned_entries: Annotated[int, Field(ge=1)] = 100_000
    """Entries that one query may look at where no index answers its filter; beyond, it is an error."""
    subscriber_queue_size: Annotated[int, Field(ge=1)] = 1_000
    """Messages that wait for one slow subscriber; beyond, it is told of a discontinuity and misses the rest."""


def parted(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def require_addresses(members: Sequence[str]) -> tuple[str, ...]:
    """
    The same, where each is one.

    Raises:
        ValueError: One is not `host:port`.
    """
    for member in members:
        host, _, port = member.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError(f"{member!r} is not host:port")
    return tuple(members)


def named(model: type[BaseModel], field: str) -> Named:
    """How a field's setting is called, complete."""
    declared = next((each for each in model.model_fields[field].metadata if isinstance(each, Named)), Named())
    name = declared.name or field
    return replace(declared, name=name, option=declared.option or f"--{name.replace('_', '-')}")


def environment_name(model: type[BaseModel], field: str) -> str:
    """The one environment variable of a setting."""
    return f"{PREFIX}{named(model, field).name}".upper()


def problem(error: ValidationError) -> str:
    """The first thing that is wrong, in one line that names the setting."""
    first = error.errors()[0]
    return f"setting {'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}"


Port = Annotated[int, Field(ge=0, le=65_535)]
