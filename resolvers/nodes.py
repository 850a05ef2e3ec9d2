"""Global object identification: any node by its id."""

import asyncio
from typing import Annotated, Any, cast

import strawberry

from hazelgate.client.views.pages import MAX_PAGE
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.derived.entries import load
from hazelgate.resolvers.events.fields import load_event
from hazelgate.resolvers.meanings import AnyNode, meaning
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.nodes import GlobalId, Node
from hazelgate.sourcing.ids import is_id


async def _load(info: Info, argument: str, text: str) -> Any:  # an entry, or an event
    node_id = GlobalId.decode(text)
    if node_id is not None and node_id.type_name == "EventRecord" and is_id(node_id.key):
        return await load_event(info, node_id.key)
    view = None if node_id is None else info.context.rights.view_of_type(node_id.type_name)
    if node_id is None or view is None or not is_id(node_id.key):
        raise bad_input(argument, "not the id of a node: take it from a node's `id` field")
    return await load(info, view, node_id.key)


@strawberry.type
class NodeQueries:
    @strawberry.field(description="Any node by its id.")
    @meaning(AnyNode("id", many=False))
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="As a node's `id` field gave it.")],
    ) -> Node | None:
        return cast(Node | None, await _load(info, "id", id))

    @strawberry.field(description="In the order of the ids, null where there is none. At most 1,000 ids.")
    @meaning(AnyNode("ids", many=True))
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="As nodes' `id` fields gave them; at most 1,000.")
        ],
    ) -> list[Node | None] | None:
        if len(ids) > MAX_PAGE:
            raise bad_input("ids", f"at most {MAX_PAGE:,} ids, these are {len(ids):,}")
        return list(await asyncio.gather(*[_load(info, "ids", each) for each in ids]))
