"""From entries as they are stored to values of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec
import orjson

from hazelgate.client.views.entries import Entry
from hazelgate.resolvers.plans.deviations import Deviation
from hazelgate.resolvers.plans.running import Run
from hazelgate.resolvers.plans.selections import KeyLink, Link, Selection
from hazelgate.resolvers.plans.writing import Build, Holder, Writing, copied
from hazelgate.sourcing.model.views import ViewSpec

_HEAD = b'{"_meta":{'
"""How the projector writes an entry. One that begins otherwise is looked at before it is believed."""
_AT_ONCE = 200
"""Entries: about a millisecond."""

encode = msgspec.json.Encoder().encode


class Follower(Protocol):
    """Follows one link of many entries at once."""

    async def values(self, keys: Sequence[Sequence[str]], run: Run) -> list[Any]:
        """What the link leads to, for each of these keys that one place has."""


class Projection:
    """
    What a selection makes of entries of a view.

    Args:
        view: None: of other JSON.
        followers: Makes what follows a link.

    Raises:
        Unplannable: It can't be made.
    """

    def __init__(self, view: ViewSpec | None, selection: Selection, followers: Callable[[Link], Follower]) -> None:
        self.view = view
        reads = copied(selection)
        self.is_copy = reads is not None
        """Whether values are Structs, to be encoded by `encode`."""
        self.source = ""
        self._build: Build | None = None
        self._followers: list[Follower] = []
        if reads is None:
            writing = Writing(view)
            self._build, self.source = writing.function(selection)
            self._followers = [followers(each) for each in writing.links]
            reads = writing.reads
        self._decode = msgspec.json.Decoder(reads.struct()).decode

    @property
    def has_links(self) -> bool:
        """Whether it has to wait for more than the entries."""
        return bool(self._followers)

    def made(self, raws: Sequence[bytes | None], links: list[Holder], *, known: bool = False) -> list[Any]:
        """
        The values, None where there is no entry.

        Args:
            links: Takes those that are to be followed.
            known: Whether somebody has looked already, and these are entries that are there.

        Raises:
            Deviation: An entry is not as its type says, or a computed field fails.
        """
        decode, build = self._decode, self._build
        try:
            if self.view is not None and not (known or all(raw is None or raw.startswith(_HEAD) for raw in raws)):
                raise msgspec.ValidationError("an entry begins with its `_meta`")
            found = [None if raw is None else decode(raw) for raw in raws]
        except msgspec.MsgspecError as error:
            if self.view is None:
                raise Deviation(str(error)) from error
            raws = [_present(self.view, raw) for raw in raws]
            try:
                found = [None if raw is None else decode(raw) for raw in raws]
            except msgspec.MsgspecError as error:
                raise Deviation(str(error)) from error
        if build is None:
            return found
        try:
            return [None if each is None else build(each, raw, links) for each, raw in zip(found, raws, strict=True)]
        except Deviation:
            raise
        except Exception as error:  # a computed field's own
            raise Deviation(repr(error)) from error

    async def follow(self, links: list[Holder], run: Run) -> None:
        """Put into the values that were made what their links lead to."""
        by_number: list[list[Holder]] = [[] for _ in self._followers]
        for each in links:
            by_number[each[0]].append(each)
        wanted = [(follower, held) for follower, held in zip(self._followers, by_number, strict=True) if held]
        await together([_place(follower, held, run) for follower, held in wanted])

    def encoded(self, raw: bytes | None) -> bytes:
        """
        The value of one entry as JSON, of a selection that has no links.

        Raises:
            Deviation: As `made` says.
            JSONEncodeError: A value is none of JSON.
        """
        [found] = self.made((raw,), [])
        return encode(found) if self.is_copy else orjson.dumps(found)

    async def each(self, raws: Sequence[bytes | None], run: Run, *, known: bool = False) -> list[Any]:
        """
        The values, each ready for `orjson`.

        Raises:
            Deviation: As `made` says.
        """
        links: list[Holder] = []
        found = await self._made(raws, links, known=known)
        if links:
            await self.follow(links, run)
        if self.is_copy:
            return [None if each is None else orjson.Fragment(encode(each)) for each in found]
        return found

    async def all(self, raws: Sequence[bytes | None], run: Run) -> Any:
        """The same as one list."""
        if self.is_copy:
            return orjson.Fragment(encode(await self._made(raws, [])))
        return await self.each(raws, run)

    async def _made(self, raws: Sequence[bytes | None], links: list[Holder], *, known: bool = False) -> list[Any]:
        """The same as `made`; others have their turn in between."""
        found = self.made(raws[:_AT_ONCE], links, known=known)
        for at in range(_AT_ONCE, len(raws), _AT_ONCE):
            await asyncio.sleep(0)
            found += self.made(raws[at : at + _AT_ONCE], links, known=known)
        return found

    def one(self, raw: bytes) -> Any:
        """The value of an entry that is there, of a selection that has no links."""
        [found] = self.made([raw], [], known=True)
        return orjson.Fragment(encode(found)) if self.is_copy and found is not None else found


def _present(view: ViewSpec, raw: bytes | None) -> bytes | None:
    try:
        entry = Entry.of(view, raw)
    except (msgspec.MsgspecError, KeyError, AttributeError) as error:
        raise Deviation(f"an entry that is none: {error!r}") from error
    return None if entry is None else raw


async def _place(follower: Follower, held: Sequence[Holder], run: Run) -> None:
    values = await follower.values([keys for _, _, _, keys in held], run)
    for (_, made, name, _), value in zip(held, values, strict=True):
        made[name] = value


async def together(work: Sequence[Any]) -> list[Any]:
    """
    All of it at once. The first error is raised when all is done: nothing goes on behind a request's back, and nothing
    is cancelled that others wait for, too.
    """
    if len(work) <= 1:
        return [await each for each in work]
    found = await asyncio.gather(*work, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return found


class KeyFollower:
    """Follows a link by keys: all of them are one read, and each entry is projected once."""

    def __init__(self, link: KeyLink, projection: Projection) -> None:
        self._link = link
        self._projection = projection

    async def values(self, keys: Sequence[Sequence[str]], run: Run) -> list[Any]:
        wanted = dict.fromkeys(key for each in keys for key in (each if self._link.many else each[:1]))
        names = list(wanted)
        raws = await run.reads.load_several(self._link.target.name, names) if names else []
        found = dict(zip(names, await self._projection.each(raws, run), strict=True))
        if self._link.many:
            return [[found[key] for key in each] for each in keys]
        return [found[each[0]] if each else None for each in keys]
