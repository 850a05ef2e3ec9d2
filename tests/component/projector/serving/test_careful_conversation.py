"""The careful conversation: the projector says what it is about to call, and waits for the engine to have heard it."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import grpc
import msgspec

from hazelgate.projector.core.calls import Crumb
from hazelgate.projector.core.messages import Delivery, Life, Request, decode_response, encode
from hazelgate.projector.process import Processor
from hazelgate.projector.serving.server import ProjectorServer
from hazelgate.sourcing.catalog import Catalog
from hazelgate.testing.scenarios import envelope_of
from tests.support.villains import ThingPut

CATALOG = Catalog.load("tests.support.villains")
AT = "2026-01-01T00:00:00.000000Z"


def test_a_crumb_is_confirmed_before_the_call_is_made() -> None:
    event = msgspec.json.encode(envelope_of(CATALOG, ThingPut(box_id="b"), event_id="e1", at=AT))
    loaded: dict[str, dict[str, bytes | None]] = {"aggregate-heads": {"Box@b": None}, "box-view": {"b": None}}
    to_send: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    to_send.put(encode(Request(1, 1, [Delivery(event, 1, 1, AT)], loaded, True, [])))

    def requests() -> Iterator[bytes]:
        while (message := to_send.get()) is not None:
            yield message

    server = ProjectorServer(Processor(CATALOG), ended="did not return within 5 s")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            life = channel.unary_unary("/hazelgate.Projector/Life", bytes, bytes)(b"\x90", timeout=10)
            assert msgspec.msgpack.decode(life, type=Life).ended == "did not return within 5 s"
            answers = channel.stream_stream("/hazelgate.Projector/Process", bytes, bytes)(requests(), timeout=20)
            stages = []
            for message in answers:
                if message[0] != 0x95:
                    assert len(decode_response(message).outcomes) == 1
                    break
                stages.append(msgspec.msgpack.decode(message, type=Crumb).stage)
                to_send.put(b"\xc0")
            to_send.put(None)
            assert stages == ["upcast", "keys", "event", "guard", "fold", "write"]
    finally:
        server.stop()
