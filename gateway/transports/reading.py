"""From a request of HTTP to the operations that it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope

from hazelgate.gateway.door.rates import RateLimited
from hazelgate.gateway.graphql.answers import Answer, refusal
from hazelgate.gateway.graphql.execution import Execution
from hazelgate.gateway.graphql.requests import GivenRequest
from hazelgate.gateway.terms import Term
from hazelgate.gateway.transports.media import JSON
from hazelgate.sourcing.errors import Unauthenticated

_decode_request = msgspec.json.Decoder(GivenRequest).decode
_decode_batch = msgspec.json.Decoder(list[GivenRequest]).decode
_decode_object = msgspec.json.Decoder(dict[str, Any] | None).decode

ExecutionOf = Callable[[Scope], tuple[Execution, Term]]
"""
What executes the operations of a request's caller, and how long a response may stay open. Raises
`Unauthenticated` where the caller has to say who it is.
"""

_DRAINED_AT_MOST = 32 * 1024 * 1024
_BLANK = b" \t\r\n"


class HttpError(Exception):
    """A request that is no GraphQL request, and the status that says so."""

    def __init__(self, status: int, message: str, *, allow: str | None = None, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status = status
        self.allow = allow
        self.code = code


class Refused(NamedTuple):
    """What is answered in place of a result."""

    status: int
    answer: Answer
    headers: list[tuple[bytes, bytes]]


def refused(error: HttpError | Unauthenticated | RateLimited) -> Refused:
    """The answer to a request that is none, or whose client may not ask, or not so much."""
    match error:
        case RateLimited():
            return Refused(429, refusal(error.error), [error.header])
        case Unauthenticated():
            status, headers = 401, [(b"www-authenticate", b"Bearer")]
        case HttpError():
            status, headers = error.status, [(b"allow", error.allow.encode())] if error.allow else []
    return Refused(status, refusal({"message": str(error), "extensions": {"code": error.code}}), headers)


class ClientGone(HttpError):
    """The client went away while it sent its request: nobody gets the answer."""

    def __init__(self) -> None:
        super().__init__(400, "the request ended early")


async def read_body(receive: Receive, max_body_bytes: int) -> bytes:
    """
    Raises:
        HttpError: Longer than allowed. The rest is read and dropped (up to a limit), so that the client, which is
            still writing, gets to read the answer.
    """
    chunks: list[bytes] = []
    length = 0
    too_long = False
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        length += len(chunk)
        if length > max_body_bytes:
            too_long = True
            chunks.clear()
        elif chunk:
            chunks.append(chunk)
        if not message.get("more_body", False) or length > _DRAINED_AT_MOST:
            break
    if too_long:
        raise too_large(max_body_bytes)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def require_length(body: bytes, max_body_bytes: int) -> bytes:
    """
    The same, where it is not longer than allowed.

    Raises:
        HttpError: It is.
    """
    if len(body) > max_body_bytes:
        raise too_large(max_body_bytes)
    return body


def too_large(max_body_bytes: int) -> HttpError:
    """The body is longer than allowed."""
    return HttpError(413, f"a request body is at most {max_body_bytes:,} bytes", code="BODY_TOO_LARGE")


def require_json(headers: dict[bytes, str]) -> None:
    """
    A form or plain text would let another site's page post in a user's name without asking the browser.

    Raises:
        HttpError: The body is something else than JSON.
    """
    media, _, parameters = headers.get(b"content-type", "").partition(";")
    charset = parameters.lower().partition("charset=")[2].partition(";")[0].strip(' "')
    if media.strip().lower() != JSON:
        raise HttpError(415, f"the body has to be {JSON}", code="UNSUPPORTED_MEDIA_TYPE")
    if charset not in ("", "utf-8", "utf8"):
        raise HttpError(415, "the body has to be UTF-8", code="UNSUPPORTED_MEDIA_TYPE")
    if headers.get(b"content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise HttpError(415, "the body must not be compressed", code="UNSUPPORTED_MEDIA_TYPE")


def request_of_body(body: bytes) -> GivenRequest:
    """
    Raises:
        HttpError: It is no request.
    """
    request: GivenRequest = _decoded(_decode_request, body)
    return request


def requests_of_body(body: bytes, max_batch: int) -> GivenRequest | list[GivenRequest]:
    """
    The request, or those of a batch.

    Raises:
        HttpError: It is none, or one of more than `max_batch`.
    """
    if max_batch == 0 or not body.lstrip(_BLANK).startswith(b"["):
        return request_of_body(body)
    batch: list[GivenRequest] = _decoded(_decode_batch, body)
    if not 0 < len(batch) <= max_batch:
        raise HttpError(400, f"a batch has 1 to {max_batch:,} operations, not {len(batch):,}")
    return batch


def _decoded(decode: Any, body: bytes) -> Any:
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        raise HttpError(400, f"not a GraphQL request: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HttpError(400, f"the body is not JSON: {error}") from None
    except RecursionError:
        raise HttpError(400, "the body is nested too deeply") from None


def parameters_of(query_string: bytes) -> dict[str, str]:
    """
    The parameters of a URL.

    Raises:
        HttpError: They are no text.
    """
    try:
        return dict(parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict"))
    except (UnicodeDecodeError, ValueError):
        raise HttpError(400, "the URL's parameters are not UTF-8") from None


def request_of_url(query_string: bytes) -> GivenRequest:
    """
    Raises:
        HttpError: It is no request.
    """
    parameters = parameters_of(query_string)
    extensions = _json_parameter(parameters, "extensions")
    query, document_id = parameters.get("query") or None, parameters.get("documentId") or None
    if query is None and document_id is None and not (extensions or {}).get("persistedQuery"):
        raise HttpError(400, "not a GraphQL request: give it in the parameter `query`, or send it with POST")
    return GivenRequest(
        query=query,
        operation_name=parameters.get("operationName") or None,
        variables=_json_parameter(parameters, "variables"),
        extensions=extensions,
        document_id=document_id,
    )


def _json_parameter(parameters: dict[str, str], name: str) -> dict[str, Any] | None:
    text = parameters.get(name)
    if not text:
        return None
    try:
        value: dict[str, Any] | None = _decode_object(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise HttpError(400, f"the parameter `{name}` is not a JSON object") from None
    return value
