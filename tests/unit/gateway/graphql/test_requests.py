"""Documents that a request names in place of sending them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from hazelgate.gateway.graphql.answers import Answer
from hazelgate.gateway.graphql.execution import GraphQLRequest
from hazelgate.gateway.graphql.requests import GivenRequest, NoDocument, Requests
from hazelgate.gateway.graphql.trusted import TrustedDocuments, load_trusted
from hazelgate.sourcing.errors import CatalogError

TEXT = "{ customers { totalCount } }"
HASH = hashlib.sha256(TEXT.encode()).hexdigest()


def persisted(name: str, query: str | None = None, version: Any = 1) -> GivenRequest:
    return GivenRequest(query, extensions={"persistedQuery": {"version": version, "sha256Hash": name}})


def text_of(found: GraphQLRequest | Answer) -> tuple[str, str | None]:
    assert isinstance(found, GraphQLRequest)
    return found.query, found.document_id


def code_of(found: GraphQLRequest | Answer) -> str:
    assert isinstance(found, Answer)
    [code] = found.codes
    return code


def test_a_text_that_is_sent_is_taken_as_it_is() -> None:
    assert text_of(Requests().of(GivenRequest(TEXT))) == (TEXT, None)


def test_a_request_without_any_document_is_none() -> None:
    with pytest.raises(NoDocument):
        Requests().of(GivenRequest())


# ---------------------------------------------------------------- trusted documents


@pytest.mark.parametrize("name", ["one", "sha256:one"])
def test_a_trusted_document_goes_by_its_id(name: str) -> None:
    requests = Requests(TrustedDocuments({"one": TEXT}))
    assert text_of(requests.of(GivenRequest(document_id=name))) == (TEXT, name)


def test_an_id_that_is_unknown_is_refused_though_a_text_comes_along() -> None:
    requests = Requests(TrustedDocuments({"one": TEXT}))
    assert code_of(requests.of(GivenRequest(TEXT, document_id="two"))) == "DOCUMENT_NOT_FOUND"


def test_a_persisted_query_may_be_a_trusted_document() -> None:
    """Apollo's clients send the ids of their manifest so."""
    requests = Requests(TrustedDocuments({HASH: TEXT}), only_trusted=True)
    assert text_of(requests.of(persisted(HASH))) == (TEXT, HASH)
    assert text_of(requests.of(persisted(HASH, TEXT))) == (TEXT, HASH)


@pytest.mark.parametrize("given", [GivenRequest("{ __typename }"), persisted(HASH), persisted(HASH, TEXT)])
def test_nothing_else_is_answered_where_only_trusted_documents_are(given: GivenRequest) -> None:
    requests = Requests(TrustedDocuments({"one": "{ orders { totalCount } }"}), only_trusted=True)
    for _ in range(2):  # a refused text is not kept either
        assert code_of(requests.of(given)) == "DOCUMENT_NOT_TRUSTED"


def test_the_text_of_a_trusted_document_may_be_sent() -> None:
    requests = Requests(TrustedDocuments({"one": TEXT}), only_trusted=True)
    assert text_of(requests.of(GivenRequest(TEXT))) == (TEXT, "one")


@pytest.mark.parametrize(
    "content",
    [
        {"one": TEXT},
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{"id": "one", "body": TEXT, "name": "A", "type": "query"}],
        },
    ],
)
def test_files_of_build_tools_are_read(tmp_path: Path, content: object) -> None:
    path = tmp_path / "documents.json"
    path.write_text(json.dumps(content))
    assert load_trusted(path).get("one") == TEXT


@pytest.mark.parametrize("content", ["", "[]", '{"one": 1}', '{"operations": [1]}', '{"operations": [{"id": "a"}]}'])
def test_a_file_that_will_not_do_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "documents.json"
    path.write_text(content)
    with pytest.raises(CatalogError, match=r"trusted documents can't be read: .*documents\.json"):
        load_trusted(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="No such file"):
        load_trusted(tmp_path / "none.json")


# ---------------------------------------------------------------- automatic persisted queries


def test_a_hash_is_known_once_its_text_was_sent_with_it() -> None:
    requests = Requests()
    assert code_of(requests.of(persisted(HASH))) == "PERSISTED_QUERY_NOT_FOUND"
    assert text_of(requests.of(persisted(HASH, TEXT))) == (TEXT, None)
    assert text_of(requests.of(persisted(HASH))) == (TEXT, None)


def test_a_hash_of_another_text_is_refused_and_not_kept() -> None:
    requests = Requests()
    other = hashlib.sha256(b"{ __typename }").hexdigest()
    assert code_of(requests.of(persisted(other, TEXT))) == "BAD_USER_INPUT"
    assert code_of(requests.of(persisted(other))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("told", [{}, {"version": 2, "sha256Hash": HASH}, {"version": 1}, "x", {"version": "1"}])
def test_what_is_no_hash_is_refused(told: object) -> None:
    assert code_of(Requests().of(GivenRequest(TEXT, extensions={"persistedQuery": told}))) == "BAD_USER_INPUT"


def test_only_those_used_last_are_kept() -> None:
    requests = Requests(most_kept=2)
    texts = [f"{{ a{number} }}" for number in range(3)]
    names = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    for name, text in zip(names[:2], texts, strict=False):
        requests.of(persisted(name, text))
    requests.of(persisted(names[0]))
    requests.of(persisted(names[2], texts[2]))
    assert text_of(requests.of(persisted(names[0]))) == (texts[0], None)
    assert code_of(requests.of(persisted(names[1]))) == "PERSISTED_QUERY_NOT_FOUND"


def test_a_long_text_is_answered_and_not_kept() -> None:
    text = "{ __typename }" + " " * 40_000
    name = hashlib.sha256(text.encode()).hexdigest()
    requests = Requests()
    assert text_of(requests.of(persisted(name, text))) == (text, None)
    assert code_of(requests.of(persisted(name))) == "PERSISTED_QUERY_NOT_FOUND"


def test_where_they_are_off_a_client_is_told_to_send_texts() -> None:
    requests = Requests(most_kept=0)
    assert code_of(requests.of(persisted(HASH))) == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert text_of(requests.of(persisted(HASH, TEXT))) == (TEXT, None)
