"""Global object identification: any node by its id."""

import asyncio
from collections.abc import Callable, Mapping

import strawberry

from hazelgate.resolvers.context import Info
from hazelgate.resolvers.reading.pages import MAX_PAGE
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.nodes import GlobalId, Node
from hazelgate.schema.shop.customers import CUSTOMERS, Customer
from hazelgate.schema.shop.orders import ORDERS, EnrichedOrder
from hazelgate.schema.shop.products import PRODUCTS, Product
from hazelgate.sourcing.ids import is_id

_NODES: Mapping[str, tuple[str, Callable[[bytes | None], Node | None]]] = {
    "Customer": (CUSTOMERS.name, Customer.decode),
    "Product": (PRODUCTS.name, Product.decode),
    "EnrichedOrder": (ORDERS.name, EnrichedOrder.decode),
}
"""For each type that is a node: the view that its entries are in, and how to read one."""


async def _load(info: Info, argument: str, text: str) -> Node | None:
    node_id = GlobalId.decode(text)
    if node_id is None or node_id.type_name not in _NODES or not is_id(node_id.key):
        raise bad_input(argument, "not the id of a node: take it from a node's `id` field")
    view, decode = _NODES[node_id.type_name]
    return decode(await info.context.reads.load(view, node_id.key))


@strawberry.type
class NodeQueries:
    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        return await _load(info, "id", id)

    @strawberry.field(description="In the order of the ids, null where there is none. At most 1,000 ids.")
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        if len(ids) > MAX_PAGE:
            raise bad_input("ids", f"at most {MAX_PAGE:,} ids, these are {len(ids):,}")
        return list(await asyncio.gather(*[_load(info, "ids", each) for each in ids]))
