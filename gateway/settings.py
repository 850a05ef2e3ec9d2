"""What an operator can set of a gateway, and the defaults with which everything works on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hazelgate.gateway.door.addresses import require_network, require_safe
from hazelgate.gateway.door.algorithms import ALGORITHMS
from hazelgate.gateway.door.origins import require_origin
from hazelgate.sourcing.settings import (
    PREFIX,
    ApiOptions,
    ClusterOptions,
    DomainOptions,
    LogOptions,
    Named,
    Port,
    ReadOptions,
    parted,
)

LISTS = (
    "allowed_hosts",
    "allowed_origins",
    "oidc_audience",
    "oidc_algorithms",
    "trusted_proxies",
    "identity_proxies",
    "event_claims",
)
"""Settings with several values, which commas part."""


class Settings(LogOptions, ApiOptions, DomainOptions, ClusterOptions, ReadOptions, BaseSettings):
    """
    The gateway's settings: built once, frozen, handed inward.

    What is not given comes from the environment, `HAZELGATE_` and the name in capitals: `HAZELGATE_PORT=8080`.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        enable_decoding=False,  # several members are parted by commas, not an array of JSON
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    host: str = "127.0.0.1"
    """The address to bind to."""
    port: Port = 8000
    """Where the gateway listens."""
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    """Processes that take requests at the port: as many as the machine has processors to spare for them."""
    root_path: str = ""
    """The path at which a proxy shows the gateway, like /api, where the proxy takes it off."""
    trusted_proxies: Annotated[tuple[str, ...], Named(metavar="ADDRESS[,…]")] = ()
    """Addresses and networks whose X-Forwarded-For and -Proto count; `*` for all, where only a proxy gets here."""
    keep_alive_seconds: Annotated[int, Field(ge=1)] = 75
    """How long a connection is kept for another request. Longer than a proxy keeps it, or it meets a closed one."""
    without_identity: bool = False
    """Whether it may be bound to more than loopback though anybody who reaches it may do everything."""
    oidc_issuer: Annotated[str | None, Named(metavar="URL")] = None
    """The OpenID Connect issuer whose bearer tokens count; it tells by discovery where its keys are."""
    oidc_audience: Annotated[tuple[str, ...], Named(metavar="NAME[,…]")] = ()
    """What a token has to be for: one of these has to be its `aud`."""
    oidc_algorithms: Annotated[tuple[str, ...], Named(metavar="NAME[,…]")] = ("RS256", "ES256")
    """By which algorithms a token may be signed."""
    oidc_keys_url: Annotated[str | None, Named(metavar="URL")] = None
    """Where the issuer's keys are, if it has no discovery."""
    oidc_roles_claim: str = "roles"
    """The claim with the caller's roles, dotted where it lies deeper: `realm_access.roles`."""
    oidc_leeway_seconds: Annotated[float, Field(ge=0, le=600)] = 30.0
    """How far the issuer's clock may be off."""
    api_keys_file: Path | None = None
    """A file with the hashes of API keys; `hazelgate api-key` adds to it."""
    identity_proxies: Annotated[tuple[str, ...], Named(metavar="ADDRESS[,…]")] = ()
    """Addresses or networks of proxies whose headers say who asks."""
    proxy_subject_header: str = "x-forwarded-user"
    """Where such a proxy says who asks."""
    proxy_roles_header: str = "x-forwarded-groups"
    """Where such a proxy says the caller's roles, parted by commas."""
    tenant_claim: Annotated[str | None, Named(metavar="NAME")] = None
    """The claim with the caller's tenant, dotted where it lies deeper; with it, tenants see nothing of one another."""
    proxy_tenant_header: str = "x-forwarded-tenant"
    """Where such a proxy says the caller's tenant."""
    event_claims: Annotated[tuple[str, ...], Named(metavar="NAME[,…]")] = ()
    """Claims that events keep of their submitter, besides those that rules of the domain name."""
    allowed_hosts: Annotated[tuple[str, ...], Named(metavar="NAME[,…]")] = ()
    """Names that it goes by, `*.` for all below one; loopback's, its address and any other address always count."""
    allowed_origins: Annotated[tuple[str, ...], Named(metavar="URL[,…]")] = ()
    """Other sites whose pages may ask, like http://localhost:3000; `loopback`: this machine's own, `*`: every site."""
    graphiql: bool = True
    """Whether a browser that opens /graphql gets GraphiQL."""
    introspection: bool = True
    """Whether clients may ask for the schema; GraphiQL is of little use without."""
    suggestions: bool = True
    """Whether an error names the field that may have been meant."""

    trusted_documents: Annotated[Path | None, Named(metavar="FILE")] = None
    """A file of documents by their ids, as build tools write it; clients send the id as `documentId`."""
    only_trusted_documents: bool = False
    """Whether no other documents are answered. GraphiQL and introspection need others."""
    document_max_age_seconds: Annotated[int, Field(ge=0)] = 0
    """How long a browser may use the answer to a GET of a trusted document without asking whether it has changed."""
    max_persisted_queries: Annotated[int, Field(ge=0)] = 1_000
    """Documents that clients may leave here under their hash, as Apollo's do; 0 for none."""
    max_batched_operations: Annotated[int, Field(ge=0)] = 0
    """Operations that one request over HTTP may send in an array; 0: a request is one operation."""
    compression: bool = True
    """Whether long answers over HTTP are sent in brotli or gzip to clients that take one of them."""

    plans: bool = True
    """Whether operations are compiled to plans. Without, graphql-core answers all of them: slower, and the same."""

    max_body_bytes: Annotated[int, Field(ge=1_024)] = 1_048_576
    """A longer request body is answered with status 413, a longer websocket message ends its socket."""
    max_header_bytes: Annotated[int, Field(ge=1_024)] = 32_768
    """All headers of one request together; more is answered with status 431."""
    max_headers: Annotated[int, Field(ge=10)] = 100
    """Headers of one request."""
    header_timeout_seconds: Annotated[float, Field(gt=0)] = 10.0
    """How long the headers of a request may take to come; a connection that sends none is closed by then."""
    body_timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How long the body of a request may take to come, once its headers are there."""
    max_unfinished_requests: Annotated[int, Field(ge=1)] = 512
    """Connections whose request has not come in full; one more, and the oldest is closed."""
    max_unfinished_requests_per_address: Annotated[int, Field(ge=1)] = 128
    """The same, of one address; behind a proxy all clients have the proxy's."""
    max_query_characters: Annotated[int, Field(ge=100)] = 100_000
    """Characters of one GraphQL document; long values belong into its variables."""
    max_query_tokens: Annotated[int, Field(ge=10)] = 5_000
    """Tokens in one GraphQL document."""
    max_query_depth: Annotated[int, Field(ge=1)] = 20
    """Levels of fields in one operation."""
    max_query_aliases: Annotated[int, Field(ge=0)] = 200
    """Aliases in one document."""
    max_query_repeated_fields: Annotated[int, Field(ge=0)] = 200
    """Fields in one document whose name stands in the same selection already."""
    max_query_directives: Annotated[int, Field(ge=0)] = 100
    """Directives in one document."""
    max_query_fragments: Annotated[int, Field(ge=0)] = 100
    """Fragments in one document."""
    max_query_root_fields: Annotated[int, Field(ge=1)] = 50
    """Root fields of one operation."""
    max_query_cost: Annotated[int, Field(ge=1)] = 500_000
    """Values that one operation may answer with, lists within lists multiplied; a page counts by its `first`."""
    max_cost_per_second: Annotated[int, Field(ge=0)] = 1_000_000
    """Cost that one client may ask for in a second, on average, ten seconds' worth at once; 0: no bound."""
    max_bytes_per_second: Annotated[int, Field(ge=0)] = 50_000_000
    """Bytes of requests and answers of one client in a second, likewise, pushes among them; 0: no bound."""
    max_connections_per_client: Annotated[int, Field(ge=0)] = 1_000
    """Websockets and streams over HTTP that one client may have open; 0: no bound."""
    max_subscriptions_per_client: Annotated[int, Field(ge=0)] = 10_000
    """Subscriptions that one client may have on all its connections; 0: no bound."""
    drain_seconds: Annotated[float, Field(ge=0)] = 1.0
    """How long it goes on once it is told to end: /ready says no, and websockets close one by one."""
    execution_timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How long one operation may take; a mutation is told that its event may be on its way."""
    max_read_entries: Annotated[int, Field(ge=1)] = 100_000
    """Entries that one operation may read."""
    connection_init_timeout_seconds: Annotated[float, Field(gt=0)] = 10.0
    """How long a new websocket may take to send its `connection_init`."""
    max_subscriptions_per_socket: Annotated[int, Field(ge=1)] = 100
    """Operations that may run on one websocket at the same time."""
    websocket_stall_timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How long a websocket's client may read nothing while messages wait for it; then its socket is closed."""

    @property
    def has_identity(self) -> bool:
        """Whether callers are known: then what no rule of the domain allows is denied."""
        return self.oidc_issuer is not None or self.api_keys_file is not None or bool(self.identity_proxies)

    @field_validator(*LISTS, mode="before")
    @classmethod
    def _part_names_at_commas(cls, value: object) -> object:
        return parted(value) if isinstance(value, str) else value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(require_origin(each) for each in origins)

    @field_validator("root_path")
    @classmethod
    def _is_path(cls, path: str) -> str:
        path = path.rstrip("/")
        if path and (not path.startswith("/") or path.startswith("//") or not path.isascii() or not path.isprintable()):
            raise ValueError("write it like /api")
        return path

    @field_validator("oidc_issuer", "oidc_keys_url")
    @classmethod
    def _is_safe(cls, address: str | None) -> str | None:
        return None if address is None else require_safe(address)

    @field_validator("oidc_algorithms")
    @classmethod
    def _are_known(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        for each in algorithms:
            if each not in ALGORITHMS:
                raise ValueError(f"{each!r} is none of {', '.join(ALGORITHMS)}")
        return algorithms

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks_or_all(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for each in proxies:
            if each != "*":
                require_network(each)
        return proxies

    @field_validator("identity_proxies")
    @classmethod
    def _are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for each in proxies:
            require_network(each)
        return proxies

    @model_validator(mode="after")
    def _fit_together(self) -> Settings:
        if self.oidc_issuer is not None and not self.oidc_audience:
            raise ValueError("oidc_audience is missing: without it a token for any other API of the issuer would do")
        if self.oidc_issuer is not None and not self.oidc_algorithms:
            raise ValueError("oidc_algorithms is empty: name one")
        if self.has_identity and self.without_identity:
            raise ValueError("without_identity contradicts the settings by which callers are known; leave one out")
        if self.tenant_claim is not None and not self.has_identity:
            raise ValueError("tenant_claim needs callers that are known: set oidc_issuer, api_keys_file or another way")
        return self
