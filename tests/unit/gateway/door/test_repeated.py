"""A head that comes again is known by each of its bytes, and its body by its length."""

from __future__ import annotations

import pytest

from hazelgate.gateway.door.repeated import Judged, RepeatedHead

JUDGED = Judged({}, None, lambda _: True)
HEAD = b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nAccept: b\r\n\r\n"


def known(request: bytes = HEAD + b"abc") -> RepeatedHead:
    head = RepeatedHead.of(request, JUDGED)
    assert head is not None
    return head


@pytest.mark.parametrize("body", [b"", b"abc", b"\r\n\r\n", b"x" * 12_345])
def test_another_length_is_the_same_head(body: bytes) -> None:
    assert known().body_in(HEAD.replace(b"3", b"%d" % len(body)) + body) == body


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"ab",
        HEAD + b"abcd",
        HEAD[:-2] + b"abc",
        HEAD.replace(b"3", b"") + b"abc",
        HEAD.replace(b"3", b"+3") + b"abc",
        HEAD.replace(b"3", b"3 ") + b"abc",
        HEAD.replace(b"3", b"0x3") + b"abc",
        HEAD.replace(b"3", b"0000000003") + b"abc",
        HEAD.replace(b"3", b"3\r\nContent-Length: 3") + b"abc",
        HEAD.replace(b"Host: a", b"Host: b") + b"abc",
        HEAD.replace(b"Accept: b", b"Accept: c") + b"abc",
        HEAD.replace(b"Accept", b"accept") + b"abc",
        HEAD.replace(b"POST", b"post") + b"abc",
        (HEAD + b"abc") * 2,
        b"\r\n" + HEAD + b"abc",
        b"",
    ],
)
def test_anything_else_is_not(data: bytes) -> None:
    assert known().body_in(data) is None


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /graphql HTTP/1.1\r\nHost: a\r\n\r\n",
        HEAD.replace(b"Accept: b", b"content-length: 3") + b"abc",
        HEAD.replace(b"Accept: b", b"Accept: " + b"b" * 5_000) + b"abc",
        HEAD + b"abcd",
        HEAD[:-2],
    ],
)
def test_a_head_whose_body_is_not_clear_is_not_kept(request_: bytes) -> None:
    assert RepeatedHead.of(request_, JUDGED) is None


def test_a_value_that_looks_like_a_length_is_none() -> None:
    head = HEAD.replace(b"Host: a", b"Host: a content-length: 9")
    assert known(head + b"abc").body_in(head + b"abc") == b"abc"
