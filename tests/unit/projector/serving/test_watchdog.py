"""The watch over handlers, who may run beside whom, and the careful conversation."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import grpc
import msgspec

from hazelgate.projector.core.calls import Crumb, Pulse
from hazelgate.projector.core.messages import Delivery, Life, Request, decode_response, encode
from hazelgate.projector.process import Processor
from hazelgate.projector.serving.server import ProjectorServer
from hazelgate.projector.serving.turns import Turns
from hazelgate.projector.serving.watchdog import LOOKS_PER_LIMIT, Watchdog
from hazelgate.sourcing.catalog import Catalog
from hazelgate.testing.scenarios import envelope_of
from tests.support.villains import ThingPut

CATALOG = Catalog.load("tests.support.villains")
AT = "2026-01-01T00:00:00.000000Z"


def looked(*, beats: bool = False, rests: bool = False) -> int:
    """How often a watchdog found a batch hanging, in twice the looks that it allows."""
    hangs: list[None] = []
    watchdog = Watchdog(1.0, on_hang=lambda: hangs.append(None))
    pulse = Pulse()
    pulse.resting = rests
    with watchdog.watching(pulse):
        for _ in range(2 * LOOKS_PER_LIMIT):
            pulse.beats += beats
            watchdog.look()
    for _ in range(2 * LOOKS_PER_LIMIT):
        watchdog.look()
    return len(hangs)


def test_a_batch_that_does_not_move_hangs() -> None:
    assert looked() > 0


def test_a_batch_that_moves_may_take_as_long_as_it_likes() -> None:
    assert looked(beats=True) == 0


def test_a_batch_that_waits_for_the_engine_does_not_hang() -> None:
    assert looked(rests=True) == 0


def test_who_runs_alone_waits_for_the_others_and_they_for_him() -> None:
    turns = Turns()
    order: queue.SimpleQueue[str] = queue.SimpleQueue()

    def alone() -> None:
        with turns.alone():
            order.put("alone")

    def beside() -> None:
        with turns.shared():
            order.put("beside")

    with turns.shared():
        threads = [threading.Thread(target=alone)]
        threads[0].start()
        while not turns._waiting:
            pass
        threads.append(threading.Thread(target=beside))
        threads[1].start()
        assert order.empty()
    for thread in threads:
        thread.join(10)
    assert [order.get(), order.get()] == ["alone", "beside"], "who wants to be alone is not starved"


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
