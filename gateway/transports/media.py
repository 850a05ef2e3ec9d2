"""Which media type an answer gets: GraphQL over HTTP's negotiation."""

from functools import lru_cache

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"

_ORDER = (JSON, GRAPHQL_RESPONSE, HTML)


@lru_cache(maxsize=256)
def negotiate(accept: str, *, html: bool = False) -> str | None:
    """
    The best of what we can answer with, or None where the client takes none of it.

    Where the header leaves it open it is plain JSON. `html` says whether a page is on offer.
    """
    if not accept.strip():
        return JSON
    offers = _ORDER if html else _ORDER[:2]
    best: tuple[float, int, int] | None = None
    chosen: str | None = None
    for position, (media, parameters) in enumerate(parted(accept)):
        quality = _quality(parameters)
        if quality <= 0:
            continue
        for offer in offers:
            specificity = _matches(media, offer)
            if specificity is None:
                continue
            rank = (quality, specificity, -position)
            if best is None or rank > best:
                best, chosen = rank, offer
            break
    return chosen


@lru_cache(maxsize=256)
def parted(accept: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The ranges of an `Accept`, in lower case, each with its parameters."""
    ranges = []
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        ranges.append((media, tuple(parameters)))
    return tuple(ranges)


def _matches(media: str, offer: str) -> int | None:
    """How exactly a range of the header names the offer."""
    if media == offer:
        return 2
    if media == offer.partition("/")[0] + "/*":
        return 1
    return 0 if media in ("*/*", "*") else None


def _quality(parameters: tuple[str, ...]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
