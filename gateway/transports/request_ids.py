"""Ids of requests and connections: the client's own, or one that is made here."""

import itertools
import re
import uuid

HEADER = b"x-request-id"

_SANE = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}", re.ASCII)
_process = uuid.uuid4().hex[:12]
_next = itertools.count(1)


def request_id(given: str | None) -> str:
    """
    The id under which the log names a request, and which goes back to the client.

    Args:
        given: The client's header, if it sent one. It counts if it can do no harm in a line of a log.
    """
    if given is not None and _SANE.fullmatch(given):
        return given
    # Counted, not drawn: each request gets one, and only those that fail are ever looked for.
    return f"{_process}-{next(_next):x}"
