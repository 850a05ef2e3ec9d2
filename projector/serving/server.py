"""Serves a `Processor` to the engine over gRPC. Bodies are msgpack, so there is no generated code."""

from __future__ import annotations

import logging
import queue
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NoReturn, TypeVar

import grpc

from hazelgate.projector.core.calls import (
    Abandoned,
    BatchTooLarge,
    Crumb,
    Pulse,
    Tell,
    Unusual,
    encode_crumb,
    to_nobody,
)
from hazelgate.projector.core.messages import (
    FoldRequest,
    Life,
    Request,
    ResolveRequest,
    SettleRequest,
    decode_fold_request,
    decode_request,
    decode_resolve_request,
    decode_settle_request,
    encode,
)
from hazelgate.projector.process import Processor
from hazelgate.projector.serving.turns import Turns
from hazelgate.projector.serving.watchdog import Watchdog

SERVICE = "hazelgate.Projector"
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
DEFAULT_HANDLER_TIMEOUT_SECONDS = 5.0
_WORKERS = 16
"""A member holds one for as long as it is connected."""
_CRUMB_SECONDS = 30.0
"""How long the engine may take to confirm a crumb."""

log = logging.getLogger("hazelgate.projector")

Q = TypeVar("Q")
R = TypeVar("R", Request, ResolveRequest, SettleRequest, FoldRequest)
T = TypeVar("T")
Answer = Callable[[bytes], bytes]


class ProjectorServer:
    """A running projector. It keeps nothing between calls, so it may die at any time."""

    def __init__(
        self,
        processor: Processor,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        watchdog: Watchdog | None = None,
        ended: str = "",
    ) -> None:
        """
        Args:
            processor: What answers.
            host: The address to listen on.
            port: The port; 0 takes a free one.
            watchdog: What ends the process when a handler hangs; started and stopped with the server.
            ended: How the process before this one ended, as `Life` has it.

        Raises:
            OSError: The port is taken.
        """
        self._processor = processor
        self._watchdog = watchdog or Watchdog(DEFAULT_HANDLER_TIMEOUT_SECONDS)
        self._turns = Turns()
        self._server = grpc.server(
            ThreadPoolExecutor(_WORKERS, thread_name_prefix="projector"),
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
                ("grpc.so_reuseport", 0),
            ],
        )
        life = encode(Life(uuid.uuid4().hex, ended))
        handlers = {
            "Describe": _unary(lambda _: processor.describe()),
            "Life": _unary(lambda _: life),
            "Process": self._conversing(decode_request, processor.fold),
            "Fold": grpc.stream_stream_rpc_method_handler(self._refold),
            "Replay": grpc.stream_stream_rpc_method_handler(self._replay),
            "Resolve": self._conversing(decode_resolve_request, processor.resolve_letter),
            "Settle": self._conversing(decode_settle_request, processor.settle_events),
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        try:
            self.port: int = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise OSError(f"port {port} on {host} is taken; stop what listens there, or choose another") from error

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()
        self._watchdog.start()

    def stop(self, grace_seconds: float = 0.5) -> None:
        """Finish the batches that are under way, for `grace_seconds`, and end. The engine asks again."""
        self._server.stop(grace_seconds).wait(grace_seconds + 1)
        self._watchdog.stop()

    def _conversing(
        self, decode: Callable[[bytes], R], answer: Callable[[R, Pulse, Tell], object]
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """A stream of requests, each answered before the next is read: at rest, half the cost of a call of its own."""

        return grpc.stream_stream_rpc_method_handler(partial(self._converse, decode, answer))

    def _converse(
        self,
        decode: Callable[[bytes], R],
        answer: Callable[[R, Pulse, Tell], object],
        requests: Iterator[bytes],
        context: grpc.ServicerContext,
    ) -> Iterator[bytes]:
        def plainly(request: R) -> bytes:
            pulse = Pulse()
            with self._turns.shared(), self._watchdog.watching(pulse):
                return _encoded(answer(request, pulse, to_nobody))

        for body in requests:
            request = _answered(decode, body, context)
            if request.careful:
                yield from self._carefully(partial(answer, request), requests, context)
            else:
                yield _answered(plainly, request, context)

    def _refold(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        """The same for stored events; what a batch's records are is remembered over its rounds."""
        return self._converse(decode_fold_request, self._processor.refolding().fold, requests, context)

    def _replay(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        """The same without rounds that wait for each other: several requests may be on their way."""
        return self._converse(decode_fold_request, self._processor.replay().answer, requests, context)

    def _carefully(
        self, answer: Callable[[Pulse, Tell], object], confirmations: Iterator[bytes], context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        """
        A crumb, its confirmation, and so on; then the answer.

        A handler is called only when its crumb has arrived: what this process has sent may be lost with it. So what
        makes the answer runs in a thread of its own, and this one goes on sending and receiving.
        """
        said: queue.SimpleQueue[bytes | BaseException] = queue.SimpleQueue()
        confirmed: queue.SimpleQueue[bool] = queue.SimpleQueue()
        pulse = Pulse()

        def tell(crumb: Crumb) -> None:
            pulse.resting = True
            said.put(encode_crumb(crumb))
            try:
                goes_on = confirmed.get(timeout=_CRUMB_SECONDS)
            except queue.Empty:
                goes_on = False
            if not goes_on:
                raise Abandoned
            pulse.resting = False

        def run() -> None:
            try:
                with self._turns.alone(), self._watchdog.watching(pulse):
                    said.put(_encoded(answer(pulse, tell)))
            except BaseException as error:  # told to the engine, by the thread that talks to it
                said.put(error)

        runner = threading.Thread(target=run, name="projector-careful", daemon=True)
        runner.start()
        try:
            while True:
                message = said.get()
                if isinstance(message, BaseException):
                    raise message
                ended = not message.startswith(_CRUMB)
                yield message
                if ended:
                    return
                next(confirmations)
                confirmed.put(True)
        except (Exception, SystemExit) as error:
            _abort(error, context)
        finally:
            confirmed.put(False)


_CRUMB = b"\x95"
"""How a crumb begins, an array of five; no answer has five fields."""


def _encoded(answer: object) -> bytes:
    body = encode(answer)
    if len(body) > MAX_MESSAGE_BYTES:
        raise BatchTooLarge(f"an answer of {len(body):,} bytes; at most {MAX_MESSAGE_BYTES:,} go through")
    return body


def _unary(answer: Answer) -> grpc.RpcMethodHandler[bytes, bytes]:
    def handle(request: bytes, context: grpc.ServicerContext) -> bytes:
        return _answered(answer, request, context)

    return grpc.unary_unary_rpc_method_handler(handle)


def _answered(answer: Callable[[Q], T], request: Q, context: grpc.ServicerContext) -> T:
    try:
        return answer(request)
    except (Exception, SystemExit) as error:
        _abort(error, context)


def _abort(error: BaseException, context: grpc.ServicerContext) -> NoReturn:
    """Say why, so that the engine knows whether to ask again as before or in parts."""
    if isinstance(error, (BatchTooLarge, MemoryError)):
        log.warning("a batch is asked for again in parts: %s", error)
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))
    if isinstance(error, Unusual):
        log.info("a replay is over: %s", error)
        context.abort(grpc.StatusCode.ABORTED, str(error)[:2_000])
    log.error("a request failed", exc_info=error)  # the engine tries again; say why here, where the code runs
    context.abort(grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {error}"[:2_000])
