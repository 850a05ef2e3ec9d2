"""The clinic behind a gateway that knows callers, full of secrets."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from hazelgate.gateway.identity import callers
from hazelgate.gateway.identity.api_keys import new_key
from hazelgate.gateway.server import configuration
from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, Websocket, running_gateway
from tests.support.line import Connection, Door, post

CLINIC = "tests.unit.gateway.rights.clinic"
Json = dict[str, Any]

CALLERS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "p1": (["patient"], {}),
    "p2": (["patient"], {}),
    "p3": (["patient", "staff"], {"regions": "south"}),
    "northern": (["staff"], {"regions": "north"}),
    "nowhere": (["staff"], {}),
    "auditor": (["auditor"], {}),
    "boss": (["operator"], {}),
    "stranger": ([], {}),
}
"""By name: roles and claims."""


@dataclass
class Clinic:
    """A gateway, and a key for each caller. A key's subject is `key:<name>`."""

    gateway: Gateway
    keys: dict[str, str] = field(default_factory=dict)

    async def ask(self, who: str | None, query: str, **variables: Any) -> httpx.Response:
        """The answer to an operation of a caller; None is nobody in particular."""
        headers = {} if who is None else {"authorization": f"Bearer {self.keys[who]}"}
        body = {"query": query, "variables": variables}
        return await self.gateway.http.post("/graphql", json=body, headers=headers)

    async def data(self, who: str | None, query: str, **variables: Any) -> Json:
        """The data of an operation that has no errors."""
        body: Json = (await self.ask(who, query, **variables)).json()
        assert "errors" not in body, body
        data: Json = body["data"]
        return data

    async def error(self, who: str | None, query: str, **variables: Any) -> Json:
        """The only error of an operation."""
        body: Json = (await self.ask(who, query, **variables)).json()
        [error] = body["errors"]
        found: Json = error
        return found

    async def socket(self, who: str | None) -> Websocket:
        """A websocket of a caller, acknowledged."""
        socket = Websocket(self.gateway.app, "graphql-transport-ws")
        await socket.open()
        payload = {} if who is None else {"apiKey": self.keys[who]}
        await socket.send({"type": "connection_init", "payload": payload})
        assert await socket.receive() == {"type": "connection_ack"}
        return socket


class RepeatingClinic(Clinic):
    """The clinic where each caller asks over one connection with one head, byte for byte but for the body's length."""

    def __init__(self, clinic: Clinic) -> None:
        super().__init__(clinic.gateway, clinic.keys)
        config = configuration(Settings(port=0), clinic.gateway.app)
        config.load()
        self._door = Door(clinic.gateway.app, clinic.gateway.cluster, config)
        self._connections: dict[str | None, Connection] = {}

    async def ask(self, who: str | None, query: str, **variables: Any) -> httpx.Response:
        """As the clinic's. The first two requests of a caller take the usual way."""
        if who not in self._connections:
            self._connections[who] = self._door.connect()
        head = () if who is None else (f"Authorization: Bearer {self.keys[who]}",)
        request = post(msgspec.json.encode({"query": query, "variables": variables}), *head)
        told, _, body = (await self._connections[who].ask(request)).partition(b"\r\n\r\n")
        return httpx.Response(int(told.split()[1]), content=body)


async def fill(clinic: Clinic, mark: str = "", first_digit: int = 9) -> None:
    """Three patients, a visit of each, and two doctors. A mark and a digit tell the secrets of two clinics apart."""

    async def submit(mutation: str, **given: Any) -> None:
        kind = f"{mutation[:1].upper()}{mutation[1:]}Input"
        query = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ __typename }} }}"
        data = await clinic.data("boss", query, input=given)
        assert data[mutation]["__typename"].endswith("Payload"), data

    for number in (1, 2):
        salary = number + 10_000 + first_digit * 100_000
        await submit("hireDoctor", doctorId=f"d{number}", name=f"name{mark}-d{number}", salary=salary)
    for number, region in ((1, "north"), (2, "south"), (3, "north")):
        key = f"key:p{number}"
        await submit(
            "admitPatient", patientId=key, name=f"name{mark}-p{number}", phone=f"phone{mark}-p{number}",
            insurance=f"insurance{mark}-p{number}", region=region, doctorId=f"d{1 + number % 2}",
            score=number + 20_000 + first_digit * 100_000,
        )  # fmt: skip
        await submit(
            "recordVisit", visitId=f"v{number}", patientId=key, region=region, diagnosis=f"first{mark}-v{number}",
            cost=f"{first_digit}3000{number}.50", drugs=[{"label": f"drug{mark}-v{number}"}],
        )  # fmt: skip
        await submit("amendVisit", visitId=f"v{number}", diagnosis=f"diagnosis{mark}-v{number}")


@asynccontextmanager
async def running_clinic(tmp_path: Path, **settings: Any) -> AsyncIterator[Clinic]:
    """With three patients, a visit of each, and two doctors."""
    made = {name: new_key(name, roles, claims) for name, (roles, claims) in CALLERS.items()}
    path = tmp_path / "keys.toml"
    path.write_text("\n".join(lines for _, lines in made.values()), encoding="utf-8")
    async with running_gateway(Settings(domain=CLINIC, api_keys_file=path, federation=True, **settings)) as gateway:
        clinic = Clinic(gateway, {name: text for name, (text, _) in made.items()})
        await fill(clinic)
        yield clinic


@asynccontextmanager
async def running_clinics(tmp_path: Path, *tenants: str, **settings: Any) -> AsyncIterator[dict[str, Clinic]]:
    """Behind one gateway, a clinic for each tenant with the same ids and other secrets; "" has no tenant."""
    made = {
        tenant: {
            name: new_key(name, roles, claims | ({"tid": tenant} if tenant else {}))
            for name, (roles, claims) in CALLERS.items()
        }
        for tenant in tenants
    }
    path = tmp_path / "keys-of-tenants.toml"
    path.write_text("\n".join(lines for keys in made.values() for _, lines in keys.values()), encoding="utf-8")
    given = Settings(domain=CLINIC, api_keys_file=path, tenant_claim="tid", federation=True, **settings)
    async with running_gateway(given) as gateway:
        yield {
            tenant: Clinic(gateway, {name: text for name, (text, _) in keys.items()}) for tenant, keys in made.items()
        }


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Clinic]:
    """The clinic, answering by plans where it can."""
    async with running_clinic(tmp_path) as clinic:
        yield clinic


@pytest.fixture
def repeating(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> RepeatingClinic:
    """The clinic, asked by heads that come again; what was found out about callers counts all the while."""
    monkeypatch.setattr(callers, "LOOK_SECONDS", math.inf)
    return RepeatingClinic(clinic)


@pytest.fixture
async def unplanned(tmp_path: Path) -> AsyncIterator[Clinic]:
    """The clinic, answering by graphql-core's executor alone."""
    async with running_clinic(tmp_path, plans=False) as clinic:
        yield clinic
