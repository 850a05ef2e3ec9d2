"""
`python script.py URL`: one query, one mutation and one subscription by the client that ariadne-codegen has generated.

Runs in `.venv-ariadne`, beside the package `shop`. Prints one object of JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any

from shop import Client, UpdateCustomerInput  # type: ignore[import-not-found]


async def rename_until_cancelled(client: Client) -> None:
    """A subscription is open a moment after it was asked for."""
    for count in range(200):
        await client.rename(UpdateCustomerInput(customer_id="c2", name=f"Heard {count}"))
        await asyncio.sleep(0.05)


async def main(url: str) -> dict[str, Any]:
    """What the client has got."""
    async with Client(url, ws_url=url.replace("http", "ws")) as client:
        asked = (await client.get_customer("c1")).customer
        renamed = (await client.rename(UpdateCustomerInput(customer_id="c1", name="By ariadne"))).update_customer
        refused = (await client.rename(UpdateCustomerInput(customer_id="c1", name=" "))).update_customer
        renaming = asyncio.create_task(rename_until_cancelled(client))
        async with contextlib.aclosing(client.changed("c2")) as changes:
            heard = (await anext(changes)).customer_changed
        renaming.cancel()
    return {
        "name": asked.name,
        "created_at": type(asked.created_at).__name__,
        "renamed": renamed.customer.name,
        "refused": [problem.path for problem in refused.problems],
        "heard": heard.customer.name,
    }


print(json.dumps(asyncio.run(main(sys.argv[1]))))
