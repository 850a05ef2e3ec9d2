"""The ASGI app: `/graphql` over HTTP and websockets, `/health`, `/ready` and `/metrics`."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
from graphql import GraphQLSchema
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from hazelgate.api.loading import load_api
from hazelgate.client.cluster import Cluster
from hazelgate.client.figures.vitals import gateway_labels
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.rights.rights import Rights
from hazelgate.gateway.door.entrance import Entrance
from hazelgate.gateway.door.hosts import Hosts
from hazelgate.gateway.door.origins import Origins
from hazelgate.gateway.door.rates import RateLimits, Rates
from hazelgate.gateway.door.refusals import Refusals
from hazelgate.gateway.door.shortcut import Shortcut
from hazelgate.gateway.ending import Ending
from hazelgate.gateway.graphiql import Page, load_page
from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.deadlines import Deadlines
from hazelgate.gateway.graphql.executable_schema import graphql_schema
from hazelgate.gateway.graphql.execution import Execution, GraphQLRequest
from hazelgate.gateway.graphql.executions import Executions
from hazelgate.gateway.graphql.limits import Limits
from hazelgate.gateway.graphql.requests import Requests
from hazelgate.gateway.graphql.sharing import Sharing
from hazelgate.gateway.graphql.trusted import TrustedDocuments, load_trusted
from hazelgate.gateway.health import health, readiness
from hazelgate.gateway.identity.callers import Callers
from hazelgate.gateway.identity.entering import Entering, OpenEntering
from hazelgate.gateway.identity.gate import Gate, client_key, rights_in
from hazelgate.gateway.known_callers import callers_of
from hazelgate.gateway.metrics import CONTENT_TYPE, GatewayMetrics
from hazelgate.gateway.parts import Parts
from hazelgate.gateway.settings import Settings
from hazelgate.gateway.starting_operations import starting_operations
from hazelgate.gateway.transports.event_streams import EventStreams
from hazelgate.gateway.transports.http import GraphQLOverHttp
from hazelgate.gateway.transports.plain import PlainPosts
from hazelgate.gateway.transports.steps import HttpSettings, Steps
from hazelgate.gateway.transports.streams import StreamSettings
from hazelgate.gateway.transports.websocket import GraphQLOverWebsocket
from hazelgate.gateway.workers import Worker
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.errors import Forbidden, PipelineUnavailable, Unauthenticated
from hazelgate.sourcing.loading import load_catalog

logger = logging.getLogger(__name__)

_READY_SECONDS = 30.0


def create_app(
    settings: Settings | None = None,
    *,
    cluster: Cluster | None = None,
    ready_first: bool = False,
    worker: Worker | None = None,
) -> Starlette:
    """
    The gateway. It starts at once and becomes ready when the cluster is.

    Args:
        settings: From the environment where left out.
        cluster: Another cluster than the one that the settings name; tests run on one in memory.
        ready_first: Whether it is ready before it starts, and does not start where the cluster is away for long.
        worker: Which one of several processes it is, whose figures are told together; None: the only one.

    Raises:
        CatalogError: The domain or what adds to its API can't be loaded, or no schema can be made of them.
    """
    settings = settings or Settings()
    catalog = load_catalog(settings.domain)
    cluster = cluster or HazelcastCluster(
        cluster_name=settings.cluster_name,
        members=settings.members,
        deadline_seconds=settings.operation_timeout_seconds,
        labels=gateway_labels(catalog.fingerprint),
    )
    parts = Parts.over(
        catalog,
        cluster,
        queue_size=settings.subscriber_queue_size,
        max_scanned_entries=settings.max_scanned_entries,
        max_read_entries=settings.max_read_entries,
        has_tenants=settings.tenant_claim is not None,
    )
    metrics = GatewayMetrics()
    own = load_api(settings.domain, settings.api)
    refusals = Refusals(metrics.count_refusal)
    rates = Rates(
        RateLimits(
            cost_per_second=settings.max_cost_per_second,
            bytes_per_second=settings.max_bytes_per_second,
            max_connections=settings.max_connections_per_client,
            max_subscriptions=settings.max_subscriptions_per_client,
        ),
        refusals,
        client_key,
    )
    deadlines = Deadlines(settings.execution_timeout_seconds)
    ending = Ending(deadlines)
    schema = graphql_schema(catalog, own, federation=settings.federation, incremental=settings.incremental_delivery)

    def execution_of(schema: GraphQLSchema, rights: Rights) -> Execution:
        return Execution(
            schema,
            parts.context,
            rights,
            limits=_limits(settings),
            introspection=settings.introspection,
            suggestions=settings.suggestions,
            count=metrics.count_operation,
            use_plans=settings.plans,
            refusals=refusals,
            deadlines=deadlines,
        )

    whole = execution_of(schema, Rights(catalog))
    callers: Callers | None = None
    entering: Entering | OpenEntering
    if settings.has_identity:
        executions = Executions(
            catalog,
            own,
            execution_of,
            federation=settings.federation,
            incremental=settings.incremental_delivery,
            kept_claims=settings.event_claims,
            has_tenants=settings.tenant_claim is not None,
        )
        executions.prepare()
        callers = callers_of(settings, executions.rights_of, parts.enter)
        entering = Entering(callers, executions, refusals)
    else:
        entering = OpenEntering(whole)
    sharing = Sharing(schema, lambda rights: parts.of(rights).feed.heard_count)

    def own_subscribers() -> int:
        return parts.count(lambda each: each.feed.subscriber_count - each.watches.listening_count)

    metrics.watch_subscriptions(
        # The feed knows an execution as one subscriber, and one more for each view of which live queries show pages.
        subscribers=lambda: max(own_subscribers() - sharing.execution_count, 0) + sharing.subscriber_count,
        executions=own_subscribers,
    )
    trusted = load_trusted(settings.trusted_documents)
    requests = Requests(
        trusted,
        only_trusted=settings.only_trusted_documents,
        most_kept=settings.max_persisted_queries,
    )
    _tell_of_unfit(whole, trusted)
    streams = StreamSettings(
        sharing,
        ending,
        queue_size=settings.subscriber_queue_size,
        stall_timeout_seconds=settings.websocket_stall_timeout_seconds,
        count=metrics.count_stream,
        count_stalled=metrics.count_stalled,
    )
    steps = Steps(
        entering.of_request,
        requests,
        HttpSettings(
            max_body_bytes=settings.max_body_bytes,
            max_batched_operations=settings.max_batched_operations,
            compression=settings.compression,
            document_max_age_seconds=settings.document_max_age_seconds,
        ),
        count=metrics.count_request,
        rates=rates,
    )
    page = _page(catalog, with_operations=callers is None) if settings.graphiql else None
    over_http = GraphQLOverHttp(steps, streams, page=page)
    event_streams = EventStreams(
        entering.of_request,
        requests,
        streams,
        distinct=over_http,
        max_body_bytes=settings.max_body_bytes,
        reserved_seconds=settings.connection_init_timeout_seconds,
        max_operations=settings.max_subscriptions_per_socket,
        count=metrics.count_request,
        rates=rates,
    )
    over_websocket = GraphQLOverWebsocket(
        sharing,
        entering,
        requests,
        init_timeout_seconds=settings.connection_init_timeout_seconds,
        max_message_bytes=settings.max_body_bytes,
        max_operations=settings.max_subscriptions_per_socket,
        queue_size=settings.subscriber_queue_size,
        stall_timeout_seconds=settings.websocket_stall_timeout_seconds,
        count=metrics.count_socket,
        count_stalled=metrics.count_stalled,
        ending=ending,
        rates=rates,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await parts.start()
        if worker is not None:
            await worker.start(metrics.render_own)
        if ready_first:
            await parts.cluster.wait_until_ready(_READY_SECONDS)
        try:
            yield
        finally:
            if worker is not None:
                worker.close()
            await sharing.close()
            await parts.close()

    async def get_health(_: Request) -> Response:
        return _json(200, health())

    async def get_ready(request: Request) -> Response:
        for_what = request.query_params.get("for", "writes")
        if for_what not in ("reads", "writes"):
            return _json(400, {"problem": "ask for=reads, for=writes, or neither, which is the same as writes"})
        return _json(*readiness(parts.cluster.state(), ending=ending.has_begun, for_reads=for_what == "reads"))

    async def get_metrics(request: Request) -> Response:
        rights = rights_in(request.scope)
        if rights is not None and not rights.is_operator:
            message = "figures are for the role 'operator'; send a token or an API key that has it"
            code = Unauthenticated.code if rights.identity is None else Forbidden.code
            return _json(
                401 if rights.identity is None else 403,
                {"errors": [{"message": message, "extensions": {"code": code}}]},
            )
        try:
            stats = await parts.cluster.stats() if parts.cluster.state().connected else None
        except PipelineUnavailable:
            stats = None
        own = metrics.render_own() if worker is None else await worker.figures_of_all()
        return Response(own + metrics.render_pipeline(parts.cluster.state(), stats), media_type=CONTENT_TYPE)

    async def get_root(request: Request) -> Response:
        return RedirectResponse(f"{request.scope.get('root_path', '')}/graphql")

    hosts, origins = Hosts(settings.host, settings.allowed_hosts), Origins(settings.allowed_origins)
    app = Starlette(
        routes=[
            Route("/graphql", over_http),
            WebSocketRoute("/graphql", over_websocket),
            Route("/graphql/stream", event_streams),
            Route("/health", get_health),
            Route("/ready", get_ready),
            Route("/metrics", get_metrics),
            *own.routes,
            Route("/", get_root),
        ],
        middleware=[
            Middleware(
                Entrance,
                hosts=hosts,
                origins=origins,
                refusals=refusals,
            ),
            *([] if callers is None else [Middleware(Gate, callers=callers, refusals=refusals)]),
            *own.middleware,
        ],
        lifespan=lifespan,
    )
    app.state.hazelgate = parts  # for `hazelgate.api.context_of`
    app.state.refusals, app.state.ending = refusals, ending  # for the server
    handler: ASGIApp = over_http
    sockets: ASGIApp = over_websocket
    if callers is not None:
        handler = Gate(over_http, callers=callers, refusals=refusals)
        sockets = Gate(over_websocket, callers=callers, refusals=refusals)
    path = f"{settings.root_path}/graphql"
    # What a user has put before everything sees every request.
    if own.middleware:
        app.state.front = app
    else:
        app.state.front = Shortcut(
            app,
            path=path,
            handler=handler,
            sockets=sockets,
            hosts=hosts,
            origins=origins,
            plain=PlainPosts(steps),
            admitting=entering.admitting,
        )
    return app


def _tell_of_unfit(execution: Execution, trusted: TrustedDocuments) -> None:
    """A document of an old client may not fit any more: the operator hears of it before the client does."""
    for name, text in trusted.texts.items():
        found = execution.document(GraphQLRequest(text))
        if isinstance(found, Answer):
            logger.warning("trusted document %s can't be answered: %s", name, found.body["errors"][0]["message"])


def _limits(settings: Settings) -> Limits:
    return Limits(
        max_characters=settings.max_query_characters,
        max_tokens=settings.max_query_tokens,
        max_depth=settings.max_query_depth,
        max_aliases=settings.max_query_aliases,
        max_repeated_fields=settings.max_query_repeated_fields,
        max_directives=settings.max_query_directives,
        max_fragments=settings.max_query_fragments,
        max_root_fields=settings.max_query_root_fields,
        max_cost=settings.max_query_cost,
    )


def _page(catalog: Catalog, *, with_operations: bool) -> Page:
    # The page is for everybody, and the domain's names may not be.
    html, self_contained = load_page(starting_operations(catalog) if with_operations else ())
    if not self_contained:
        logger.warning("GraphiQL is loaded from a CDN: its page was not built here")
    return Page(html)


def _json(status: int, body: object) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
