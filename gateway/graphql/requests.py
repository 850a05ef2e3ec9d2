"""
From the parameters that a client sends to the text that is meant.

A text comes with the request, or the client names it: one that the operator trusts by `documentId`, or one that a
client has sent before by its hash, as Apollo's clients do in `extensions.persistedQuery`.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Any

import msgspec

from hazelgate.gateway.graphql.answers import Answer, refusal
from hazelgate.gateway.graphql.execution import GraphQLRequest
from hazelgate.gateway.graphql.trusted import TrustedDocuments

_MOST_BYTES = 16 * 1024 * 1024
_LONGEST_KEPT = 32_768
_VERSION = 1


class GivenRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of GraphQL over HTTP, and of a websocket's `subscribe`, as they come."""

    query: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None


class NoDocument(Exception):
    """Object missing required field `query`"""


class _PersistedQuery(msgspec.Struct, frozen=True, rename="camel"):
    version: int
    sha256_hash: str


class _Refused(Exception):
    """The text is not known, or may not be used."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.answer = refusal({"message": message, "extensions": {"code": code}})


class Requests:
    """
    The documents that clients may name.

    Args:
        trusted: Those of the operator.
        only_trusted: Whether no others may be used.
        most_kept: How many are kept that clients have sent with their hashes; 0 for none.
    """

    def __init__(
        self, trusted: TrustedDocuments | None = None, *, only_trusted: bool = False, most_kept: int = 1_000
    ) -> None:
        self._trusted = trusted or TrustedDocuments({})
        self._only_trusted = only_trusted
        self._kept = _Kept(0 if only_trusted else most_kept)

    def of(self, given: GivenRequest) -> GraphQLRequest | Answer:
        """
        The request with its text, or the answer that says why there is none.

        Raises:
            NoDocument: It has no text, and names none.
        """
        try:
            text, document_id = self._text(given)
        except _Refused as refused:
            return refused.answer
        return GraphQLRequest(
            query=text,
            variables=given.variables,
            operation_name=given.operation_name,
            extensions=given.extensions,
            document_id=document_id,
        )

    def _text(self, given: GivenRequest) -> tuple[str, str | None]:
        """The text, and the id under which it is trusted."""
        if given.document_id is not None:
            text = self._trusted.get(given.document_id)
            if text is None:
                named = given.document_id[:100]
                raise _Refused(f"no trusted document has the id {named!a}", code="DOCUMENT_NOT_FOUND")
            return text, given.document_id
        if given.extensions and given.extensions.get("persistedQuery") is not None:
            return self._persisted(given.query, given.extensions["persistedQuery"])
        if given.query is None:
            raise NoDocument(NoDocument.__doc__)
        return self._plain(given.query)

    def _plain(self, text: str) -> tuple[str, str | None]:
        document_id = self._trusted.id_of(text)
        if document_id is None and self._only_trusted:
            raise _Refused(
                "this gateway answers trusted documents alone; send a `documentId`", code="DOCUMENT_NOT_TRUSTED"
            )
        return text, document_id

    def _persisted(self, text: str | None, told: Any) -> tuple[str, str | None]:
        try:
            named = msgspec.convert(told, _PersistedQuery)
        except msgspec.ValidationError as error:
            raise _Refused(f"extensions.persistedQuery: {error}", code="BAD_USER_INPUT") from None
        if named.version != _VERSION:
            raise _Refused(f"extensions.persistedQuery has version {_VERSION}", code="BAD_USER_INPUT")
        trusted = self._trusted.get(named.sha256_hash)
        if trusted is not None:
            return trusted, named.sha256_hash
        if text is None:
            return self._kept_text(named.sha256_hash), None
        if hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest() != named.sha256_hash:
            raise _Refused("extensions.persistedQuery: sha256Hash is not that of the query", code="BAD_USER_INPUT")
        found = self._plain(text)
        self._kept.keep(named.sha256_hash, text)
        return found

    def _kept_text(self, name: str) -> str:
        """By these messages and codes Apollo's clients know whether to send the text."""
        if self._only_trusted:
            raise _Refused(
                "this gateway answers trusted documents alone; the hash is of none", code="DOCUMENT_NOT_TRUSTED"
            )
        if not self._kept.most:
            raise _Refused("PersistedQueryNotSupported", code="PERSISTED_QUERY_NOT_SUPPORTED")
        text = self._kept.get(name)
        if text is None:
            raise _Refused("PersistedQueryNotFound", code="PERSISTED_QUERY_NOT_FOUND")
        return text


class _Kept:
    """Texts by their hashes, those used last."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._bytes = 0

    def get(self, name: str) -> str | None:
        text = self._texts.get(name)
        if text is not None:
            self._texts.move_to_end(name)
        return text

    def keep(self, name: str, text: str) -> None:
        if not self.most or name in self._texts or len(text) > _LONGEST_KEPT:
            return
        self._texts[name] = text
        self._bytes += len(text)
        while len(self._texts) > self.most or self._bytes > _MOST_BYTES:
            self._bytes -= len(self._texts.popitem(last=False)[1])
