"""Serves a `Processor` to the engine over gRPC. Bodies are msgpack, so there is no generated code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc

from sourcing.projector.process import Processor

SERVICE = "hazelgate.Projector"
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_WORKERS = 16
"""A member holds one for as long as it is connected."""

log = logging.getLogger("hazelgate.projector")


class ProjectorServer:
    """A running projector. It keeps nothing between calls, so it may die at any time."""

    def __init__(self, processor: Processor, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """
        Args:
            processor: What answers.
            host: The address to listen on.
            port: The port; 0 takes a free one.

        Raises:
            OSError: The port is taken.
        """
        self._server = grpc.server(
            ThreadPoolExecutor(_WORKERS, thread_name_prefix="projector"),
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
                ("grpc.so_reuseport", 0),
            ],
        )
        handlers = {
            "Describe": _unary(lambda _: processor.describe()),
            "Process": _conversation(lambda: processor.process),
            "Fold": _conversation(lambda: processor.refolding().answer),
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        try:
            self.port: int = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise OSError(f"port {port} on {host} is taken; stop what listens there, or choose another") from error

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self, grace_seconds: float = 0.5) -> None:
        """Finish the batches that are under way, for `grace_seconds`, and end. The engine asks again."""
        self._server.stop(grace_seconds).wait(grace_seconds + 1)


def _unary(answer: Callable[[bytes], bytes]) -> grpc.RpcMethodHandler[bytes, bytes]:
    def handle(request: bytes, context: grpc.ServicerContext) -> bytes:
        return _answered(answer, request, context)

    return grpc.unary_unary_rpc_method_handler(handle)


def _conversation(begin: Callable[[], Callable[[bytes], bytes]]) -> grpc.RpcMethodHandler[bytes, bytes]:
    """A stream of requests, each answered before the next is read: at rest, half the cost of a call of its own."""

    def handle(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        answer = begin()
        for request in requests:
            yield _answered(answer, request, context)

    return grpc.stream_stream_rpc_method_handler(handle)


def _answered(answer: Callable[[bytes], bytes], request: bytes, context: grpc.ServicerContext) -> bytes:
    try:
        return answer(request)
    except Exception as error:  # the engine tries again; say why here, where the code runs
        log.exception("a request of %d bytes failed", len(request))
        context.abort(grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {error}")
        raise
