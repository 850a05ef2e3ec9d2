"""Roles, as claims, headers and files have them."""

from __future__ import annotations

from hazelgate.sourcing.declaring.access import ANONYMOUS

_PARTED = str.maketrans(",", " ")


def roles_of(said: object) -> tuple[str, ...]:
    """Roles as a claim or a header has them: a list of texts, or one text, parted by commas or blanks."""
    if isinstance(said, str):
        said = said.translate(_PARTED).split()
    if not isinstance(said, list | tuple):
        return ()
    return tuple(dict.fromkeys(each for each in said if isinstance(each, str) and each and each != ANONYMOUS))
