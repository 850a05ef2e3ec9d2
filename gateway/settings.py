"""What an operator can set, and the defaults with which everything works on one machine."""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """
    The gateway's settings: built once, frozen, handed inward.

    Each can be given as an environment variable, `GATEWAY_` and the name in capitals: `GATEWAY_PORT=8080`.
    """

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    cluster_name: str = "dev"
    cluster_members: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.1:5701",)
    """`host:port` of some members; in the environment parted by commas."""
    domain: str = "hazelgate.domain"
    """Import path of the package whose import registers the events, guards and projections."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    graphiql: bool = True
    """Whether a browser that opens /graphql gets GraphiQL."""

    max_body_bytes: Annotated[int, Field(ge=1_024)] = 1_048_576
    """A longer request body is answered with status 413, a longer websocket message ends its socket."""
    max_query_tokens: Annotated[int, Field(ge=10)] = 20_000
    """Tokens in one GraphQL document."""
    operation_timeout_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How long one read of the cluster may take, before its field is an error."""
    connection_init_timeout_seconds: Annotated[float, Field(gt=0)] = 10.0
    """How long a new websocket may take to send its `connection_init`."""
    subscriber_queue_size: Annotated[int, Field(ge=1)] = 1_000
    """Messages that wait for one slow subscriber; beyond, it is told of a discontinuity and misses the rest."""
    max_subscriptions_per_socket: Annotated[int, Field(ge=1)] = 100

    @field_validator("cluster_members", mode="before")
    @classmethod
    def _part_at_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("cluster_members")
    @classmethod
    def _are_addresses(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        if not members:
            raise ValueError("name at least one member, like 127.0.0.1:5701")
        for member in members:
            host, _, port = member.rpartition(":")
            if not host or not port.isdigit():
                raise ValueError(f"{member!r} is not host:port")
        return members
