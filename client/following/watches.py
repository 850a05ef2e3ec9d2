"""
What a query has read, and when an event has touched it.

A read is noted before it is asked for. So an event is either in what the read finds, since it was heard before, or it
is heard behind the note. Nothing lies in between.
"""

from __future__ import annotations

import asyncio
import random
from functools import partial
from typing import Any

import msgspec

from hazelgate.client.following.feed import Feed
from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Gap
from hazelgate.client.following.interests import EventsOf, Wanted
from hazelgate.client.following.touching import ReadPage
from hazelgate.client.following.whole_views import Entries, WholeView
from hazelgate.client.reading.queries import EntryQuery
from hazelgate.projector.past import Lineage
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, EVENT_IDS, EVENT_STORE, EventRecord

LOOK_SECONDS = 1.0
"""How soon a query runs again that has read what no event tells of, or could not read."""
HEAL_SECONDS = 60.0
"""How soon any other does. No event tells of a rebuild that takes a view's place, or a dead letter that is resolved."""
MOST_KEYS = 256
"""Of one view, to be listened to one by one. Of more, all changes of the view are looked at here."""

_encode, _parse = msgspec.json.Encoder().encode, msgspec.json.Decoder(dict[str, Any]).decode


class Watches:
    """Makes watches. One for a process."""

    def __init__(self, feed: Feed, catalog: Catalog) -> None:
        self.feed = feed
        self._views = {name: WholeView(feed, name, Lineage(catalog, name)) for name in catalog.views}
        self._key_names = {name: view.key_name for name, view in catalog.views.items()}

    def new(self) -> Watch:
        """A watch that has seen no read yet, and hears from now on; until `close`."""
        return Watch(self.feed, self._views, self._key_names)

    @property
    def listening_count(self) -> int:
        """How many subscribers to the feed are those that all watches share."""
        return sum(view.is_open for view in self._views.values())


class _ReadView:
    """What was read of one view."""

    __slots__ = ("is_whole", "keys", "listens_to_all", "pages", "whole")

    def __init__(self, whole: WholeView) -> None:
        self.whole = whole
        self.keys: set[str] = set()
        self.pages: list[ReadPage] = []
        self.is_whole = False
        """Whether figures were read, which any of its entries may change."""
        self.listens_to_all = False

    def is_touched(self, key: str) -> bool:
        """Whether a change of the entry touches what was read, however the entry is now."""
        return self.is_whole or key in self.keys or any(page.needs(key) for page in self.pages)

    def is_touched_by(self, entries: Entries) -> bool:
        """Whether changes of these entries touch what was read."""
        for key, entry in entries.items():
            if self.is_whole or key in self.keys:
                return True
            for page in self.pages:  # plain loops: every query of a view is asked about each change of it
                if page.needs(key) or (entry is not None and page.holds(key, entry)):
                    return True
        return False


class Watch:
    """One run of a query: what it has read, and the events since."""

    def __init__(self, feed: Feed, whole_views: dict[str, WholeView], key_names: dict[str, str]) -> None:
        self.feed = feed
        self._whole_views = whole_views
        self._key_names = key_names
        self._inbox = feed.open()
        self._views: dict[str, _ReadView] = {}
        self._log_pages: list[ReadPage] = []
        self._aggregates: set[str] = set()
        self._event_ids: set[str] = set()
        self._looks_again = False
        self._waits = False
        """Whether all events up to now were looked at."""
        self._is_closed = False

    def close(self) -> None:
        """Hear no more, also of what a read notes that goes on after the query. A second call does nothing."""
        self._is_closed = True
        self.feed.leave(self._inbox)
        for view in self._views.values():
            view.whole.remove(self)

    # ------------------------------------------------------------------ what is read

    def look_again(self) -> None:
        """Something is read that no event tells of, or could not be read."""
        self._looks_again = True

    def entries(self, map_name: str, keys: list[str]) -> None:
        """Entries are read by their keys, also those that are not there."""
        if map_name in self._whole_views:
            self._entries_of_view(self._view(map_name), keys)
        elif map_name in (EVENT_STORE, AGGREGATE_HEADS):
            for aggregate_id in {key.partition("@")[2] for key in keys} - self._aggregates:
                self._aggregates.add(aggregate_id)
                self._want(EventsOf(None, aggregate_id))
        elif map_name == EVENT_IDS:
            if not self._event_ids:
                self._want(partial(_is_one_of, self._event_ids))
            self._event_ids.update(keys)
        else:
            self.look_again()

    def page(self, query: EntryQuery) -> ReadPage | None:
        """A page is read; what is returned takes the answer. None: whatever the answer, more counts than the page."""
        if query.map_name in self._whole_views:
            view = self._view(query.map_name)
            if query.count or not query.limit:
                self._all_of(view)
                return None
            page = ReadPage(query, self._key_names[query.map_name])
            self._listen_to_all(view)
            view.pages.append(page)
            return page
        if query.map_name == EVENT_STORE and not query.count:
            page = ReadPage(query, None, may_grow=True)
            self._want(EventsOf())
            self._log_pages.append(page)
            return page
        if query.map_name == EVENT_STORE:
            self._want(EventsOf())
            self._log_pages.append(ReadPage(query, None))  # it stays unanswered: every event counts
        else:
            self.look_again()
        return None

    def figures(self, map_name: str) -> None:
        """Figures over a map are read."""
        if map_name in self._whole_views:
            self._all_of(self._view(map_name))
        else:
            self.look_again()

    def _view(self, name: str) -> _ReadView:
        found = self._views.get(name)
        if found is None:
            found = self._views[name] = _ReadView(self._whole_views[name])
        return found

    def _entries_of_view(self, view: _ReadView, keys: list[str]) -> None:
        new = [key for key in keys if key not in view.keys]
        view.keys.update(new)
        if view.listens_to_all:
            return
        if len(view.keys) > MOST_KEYS:
            self._listen_to_all(view)
            return
        for key in new:
            self._want(view.whole.of_key(key))

    def _all_of(self, view: _ReadView) -> None:
        view.is_whole = True
        self._listen_to_all(view)

    def _listen_to_all(self, view: _ReadView) -> None:
        if not view.listens_to_all and not self._is_closed:
            view.listens_to_all = True
            view.whole.add(self)

    def _want(self, wanted: Wanted) -> None:
        if not self._is_closed:
            self.feed.also(self._inbox, wanted)

    # ------------------------------------------------------------------ what happens

    def wake(self) -> None:
        """Have `touched` return."""
        self._inbox.interrupt("", "somebody wants the query to run")

    async def touched(self) -> None:
        """
        Return once the query has to run again: an event may have changed its answer, or events were missed.

        Raises:
            InboxClosed: The process hears no more.
        """
        # Many that began together, as after a restart, do not stay together.
        seconds = LOOK_SECONDS if self._looks_again else HEAL_SECONDS * random.uniform(0.75, 1.25)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._waits = self._inbox.is_empty
                    happening = await self._inbox.take()
                    self._waits = False
                    if await self._touches(happening):
                        return
        except TimeoutError:
            return
        finally:
            self._waits = False

    def changed(self, view: str, happening: Happening, entries: Entries) -> None:
        """Entries of a view have changed of which more was read than entries by their keys."""
        if not self._waits:  # it is looked at behind what came before
            self._inbox.put(happening, happening.record.cursor)
        elif self._views[view].is_touched_by(entries):
            self.wake()

    async def _touches(self, happening: Happening | Gap) -> bool:
        if isinstance(happening, Gap):
            return True
        record = happening.record
        if record.aggregate_id in self._aggregates or record.event_id in self._event_ids:
            return True
        if self._log_pages and self._touches_log(record):
            return True
        for view in list(self._views.values()):
            if await self._touches_view(view, happening):
                return True
        return False

    def _touches_log(self, record: EventRecord) -> bool:
        if any(page.needs(record.cursor) for page in self._log_pages):
            return True
        stored = _parse(_encode(record))
        return any(page.holds(record.cursor, stored) for page in self._log_pages)

    async def _touches_view(self, view: _ReadView, happening: Happening) -> bool:
        if any(view.is_touched(key) for key in view.whole.keys(happening)):
            return True
        if not view.pages:
            return False
        entries = await view.whole.read(happening)
        return entries is None or view.is_touched_by(entries)


def _is_one_of(event_ids: set[str], record: EventRecord) -> bool:
    return record.event_id in event_ids
