"""Documents that an operator trusts, by their ids: read from a file once, as the gateway starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hazelgate.sourcing.errors import CatalogError

_PREFIX = "sha256:"
"""Stands before a hash in drafts of GraphQL over HTTP; files of build tools have the hash alone."""

_read = msgspec.json.Decoder(dict[str, Any]).decode


class TrustedDocuments:
    """
    The documents of a file, each a text by its id.

    Build tools write such files: graphql-codegen and Relay an object of texts by their hashes, Apollo a manifest with a
    list of operations.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = {_plain(name): text for name, text in texts.items()}
        self._ids = {text: name for name, text in self.texts.items()}

    def __len__(self) -> int:
        return len(self.texts)

    def get(self, document_id: str) -> str | None:
        """The text of an id, with `sha256:` before it or without."""
        return self.texts.get(_plain(document_id))

    def id_of(self, text: str) -> str | None:
        """The id under which a text is trusted."""
        return self._ids.get(text)


def load_trusted(path: Path | None) -> TrustedDocuments:
    """
    The documents of a file; none where there is no file.

    Raises:
        CatalogError: It can't be read.
    """
    if path is None:
        return TrustedDocuments({})
    try:
        found = _read(path.read_bytes())
        return TrustedDocuments(dict(_texts(found)))
    except OSError as error:
        raise CatalogError(f"trusted documents can't be read: {path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise CatalogError(
            f"trusted documents can't be read: {path}: {error}; write an object with each document's text by its id, "
            "or a manifest of Apollo"
        ) from None


def _texts(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    operations = found.get("operations")
    pairs: Iterable[tuple[Any, Any]] = found.items()
    if isinstance(operations, list):
        if not all(isinstance(each, dict) for each in operations):
            raise ValueError("an operation of the manifest is no object")
        pairs = {each.get("id"): each.get("body") for each in operations}.items()
    for name, text in pairs:
        if not (isinstance(name, str) and name and isinstance(text, str)):
            raise ValueError(f"{name!r} has no text")
        yield name, text


def _plain(document_id: str) -> str:
    return document_id.removeprefix(_PREFIX)
