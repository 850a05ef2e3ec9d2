"""
Messages that are no JSON, of which the operation can still be told.

Half a character in a variable (`"\\ud83d"`, a cut emoji) makes a whole message unreadable. The fault is that of one
operation: others on the socket go on. So its id is looked for without reading what is within the payload.
"""

import re

_PIECES = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[{}\[\]:,]|[^\s"{}\[\]:,]+', re.DOTALL)
"""A string that never ends is one piece, so that no text is looked at twice."""
_OPENING, _CLOSING = "{[", "}]"
_LONGEST_ID = 256


def operation_of(text: str) -> str | None:
    """The id of the operation that a `subscribe` message begins, if its outermost members tell so much."""
    depth = 0
    name: str | None = None
    is_value = False
    members: dict[str, str] = {}
    for found in _PIECES.finditer(text):
        piece = found[0]
        if piece in _OPENING:
            depth += 1
        elif piece in _CLOSING:
            depth -= 1
            if depth < 0:
                return None
        elif depth == 1:
            if piece == ":":
                is_value = True
            elif piece == ",":
                name, is_value = None, False
            elif is_value and name is not None:
                members.setdefault(name, piece)
            else:
                name = piece
    operation_id = members.get('"id"', "")[1:-1]
    whole = depth == 0 and text.lstrip().startswith("{") and members.get('"type"') == '"subscribe"'
    plain = operation_id.isprintable() and "\\" not in operation_id and members.get('"id"', "").startswith('"')
    return operation_id if whole and plain and 0 < len(operation_id) <= _LONGEST_ID else None
