"""
The claims of guards as a small model: every order of the steps of a few runs, with crashes and takeovers between them.

A run reads an entry, claims it, stores its events one lane after the other, writes the entry, releases the claim and
completes. At any moment another run may take one of its lanes over: the first run crashes, or goes on without knowing.
A watch clears claims that are left. `explore` walks through all states that can be reached.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

Event = str
Events = frozenset[Event]
NONE: Events = frozenset()


class Fault(Enum):
    """What an implementation could get wrong."""

    RELEASED_TOO_EARLY = "the claim is released once the event is stored, before the entry has it"
    STORED_FORGOTTEN = "the watch takes the claim of a stored event for void when its lane has another owner"
    VERSION_IGNORED = "a claim is made whatever has happened to the entry since it was read"
    OWNER_IGNORED = "the watch takes a claim for void while its run can still store the event"
    WRITES_UNCHECKED = "an event without a claim changes an entry that is claimed"
    TAKEN_OVER = "a run makes another run's claim of the same event its own"


class Phase(Enum):
    """What a run does next."""

    READ = 0
    CLAIM = 1
    STORE = 2
    WRITE = 3
    COMPLETE = 4


@dataclass(frozen=True)
class Claim:
    """Who holds the entry."""

    run: int
    holders: Events
    stored: Events = NONE


@dataclass(frozen=True)
class Run:
    """A run with a batch, each event of which is in a lane of its own."""

    number: int
    batch: tuple[Event, ...]
    phase: Phase = Phase.READ
    version: int = 0
    seen: Events = NONE
    """What is in the entry as the run has read it."""
    to_store: tuple[Event, ...] = ()
    folded: bool = False
    """Whether the batch was folded onto the entry at `version`."""


@dataclass(frozen=True)
class Watch:
    """A look at a claim, in steps: the owners of the lanes, what is pending, what is stored, the change."""

    claim: Claim
    owners: tuple[tuple[Event, int], ...]
    pending: Events | None = None
    stored: Events | None = None


@dataclass(frozen=True)
class State:
    """All that a cluster knows, and where each run is."""

    pending: Events
    owners: tuple[tuple[Event, int], ...]
    runs: tuple[Run, ...]
    takeovers: int
    version: int = 0
    applied: Events = NONE
    claim: Claim | None = None
    stored: tuple[tuple[Event, Events], ...] = ()
    """Each stored event with what its guard has seen in the entry."""
    watch: Watch | None = None
    violation: str = ""

    @property
    def known(self) -> Events:
        """The stored events."""
        return frozenset(event for event, _ in self.stored)

    @property
    def is_done(self) -> bool:
        """Nothing is pending, and nothing claimed."""
        return not self.pending and self.claim is None and not self.violation

    def owner(self, event: Event) -> int:
        """The run that owns the event's lane."""
        return dict(self.owners)[event]


@dataclass(frozen=True)
class Model:
    """
    Which events there are, in which batches, and what is wrong with the implementation.

    Args:
        batches: One for each run.
        guardless: Events that change the entry and whose guards have not read it: they claim nothing.
        takeovers: How often a lane may get another owner.
        fault: What is planted; None for claims as they are made.
    """

    batches: tuple[tuple[Event, ...], ...]
    guardless: Events = NONE
    takeovers: int = 1
    fault: Fault | None = None

    def start(self) -> State:
        """Everything is submitted, nothing has begun."""
        owners = tuple((event, number) for number, batch in enumerate(self.batches) for event in batch)
        runs = tuple(Run(number, batch) for number, batch in enumerate(self.batches))
        return State(frozenset(event for event, _ in owners), owners, runs, self.takeovers)

    def steps(self, state: State) -> Iterator[State]:
        """Where each run, and the watch, can get in one step."""
        for run in state.runs:
            yield from self._run(state, run)
        yield from self._watch(state)

    def troubles(self, state: State) -> Iterator[State]:
        """Where a takeover leads: the run that had the lane crashes, or goes on."""
        if not state.takeovers:
            return
        for event in sorted(state.pending):
            former = state.owner(event)
            number = 1 + max(owner for owner in [run.number for run in state.runs] + [o for _, o in state.owners])
            for crashes in (True, False):
                taken = [event]
                if crashes:
                    taken = [each for each, owner in state.owners if owner == former and each in state.pending]
                owners = tuple((each, number if each in taken else owner) for each, owner in state.owners)
                runs = tuple(run for run in state.runs if not (crashes and run.number == former))
                # Each lane goes to a run of its own: what was one batch is several.
                numbers = {each: number + place for place, each in enumerate(taken)}
                owners = tuple((each, numbers.get(each, owner)) for each, owner in owners)
                more = tuple(Run(numbers[each], (each,)) for each in taken)
                yield replace(state, owners=owners, runs=runs + more, takeovers=state.takeovers - 1)

    # ------------------------------------------------------------ a run

    def _run(self, state: State, run: Run) -> Iterator[State]:
        match run.phase:
            case Phase.READ:
                yield self._read(state, run)
            case Phase.CLAIM:
                yield self._claim(state, run)
            case Phase.STORE:
                yield self._store(state, run)
            case Phase.WRITE:
                yield self._write(state, run)
            case Phase.COMPLETE:
                gone = replace(state, runs=_without(state.runs, run))
                yield replace(gone, pending=state.pending - frozenset(run.batch))

    def _read(self, state: State, run: Run) -> State:
        new = tuple(event for event in run.batch if event not in state.known)
        first = Phase.CLAIM if any(event not in self.guardless for event in new) else Phase.STORE
        now = replace(run, version=state.version, seen=state.applied, to_store=new, phase=first, folded=True)
        return _with(state, run, now if new else replace(now, phase=Phase.WRITE))

    def _claim(self, state: State, run: Run) -> State:
        wanted = frozenset(event for event in run.to_store if event not in self.guardless)
        there = state.claim
        moved = run.version != state.version and self.fault is not Fault.VERSION_IGNORED
        own = there is None or there.run == run.number or self.fault is Fault.TAKEN_OVER
        if moved or not own or (there is not None and not there.holders <= wanted):
            # Asked again, with the entry as it is by then; whoever waits holds nothing.
            if there is not None and there.run == run.number:
                state = replace(state, claim=_released(there, wanted))
            return _with(state, run, replace(run, phase=Phase.READ))
        return _with(replace(state, claim=Claim(run.number, wanted)), run, replace(run, phase=Phase.STORE))

    def _store(self, state: State, run: Run) -> State:
        """One lane after the other: in each, the store takes the event from the lane's owner alone."""
        event, *rest = run.to_store
        if state.owner(event) != run.number:
            left = tuple(each for each in run.batch if each != event)
            if not left:
                return replace(state, runs=_without(state.runs, run))
            return _with(state, run, Run(run.number, left))
        before = run.batch[: run.batch.index(event)]
        seen = run.seen | frozenset(before)
        after = replace(state, stored=(*state.stored, (event, seen)))
        if event not in self.guardless:
            after = replace(after, violation=self._violation(state, event, seen))
        if rest:
            return _with(after, run, replace(run, to_store=tuple(rest)))
        if self.fault is Fault.RELEASED_TOO_EARLY:
            after = replace(after, claim=_released(after.claim, frozenset(run.batch)))
        return _with(after, run, replace(run, to_store=(), phase=Phase.WRITE))

    def _violation(self, state: State, event: Event, seen: Events) -> str:
        if not state.applied <= seen:
            return f"{event} is stored, and {sorted(state.applied - seen)} has changed what its guard has read"
        for other, its in state.stored:
            if other not in self.guardless and other not in seen and event not in its:
                return f"{event} and {other} are stored, and neither guard has seen the other"
        return ""

    def _write(self, state: State, run: Run) -> State:
        batch = frozenset(run.batch)
        if batch <= state.applied:
            return _with(replace(state, claim=_released(state.claim, batch)), run, replace(run, phase=Phase.COMPLETE))
        if not run.folded or run.version != state.version:
            return _with(state, run, replace(run, version=state.version, folded=True))
        if state.claim is not None and self.fault is not Fault.WRITES_UNCHECKED:
            others = state.claim.holders - state.claim.stored - batch
            if others:
                return state
        after = replace(state, version=state.version + 1, applied=state.applied | batch)
        after = replace(after, claim=_released(state.claim, batch))
        return _with(after, run, replace(run, phase=Phase.COMPLETE))

    # ------------------------------------------------------------ the watch

    def _watch(self, state: State) -> Iterator[State]:
        watch = state.watch
        if watch is None:
            if state.claim is not None:
                yield replace(state, watch=Watch(state.claim, state.owners))
        elif watch.pending is None:
            yield replace(state, watch=replace(watch, pending=state.pending))
        elif watch.stored is None:
            yield replace(state, watch=replace(watch, stored=state.known))
        else:
            yield replace(state, watch=None, claim=self._settled(watch) if state.claim == watch.claim else state.claim)

    def _settled(self, watch: Watch) -> Claim | None:
        owners = dict(watch.owners)
        pending, stored = watch.pending or NONE, watch.stored or NONE
        gone = set()
        for holder in watch.claim.holders:
            lost = owners[holder] != watch.claim.run or self.fault is Fault.OWNER_IGNORED
            known = holder in stored and not (self.fault is Fault.STORED_FORGOTTEN and lost)
            if holder not in pending or (lost and not known):
                gone.add(holder)
        left = watch.claim.holders - gone
        return replace(watch.claim, holders=left, stored=stored & left) if left else None


def _with(state: State, run: Run, now: Run) -> State:
    return replace(state, runs=tuple(now if each is run else each for each in state.runs))


def _without(runs: tuple[Run, ...], run: Run) -> tuple[Run, ...]:
    return tuple(each for each in runs if each is not run)


def _released(claim: Claim | None, events: Events) -> Claim | None:
    if claim is None or not claim.holders - events:
        return None
    return replace(claim, holders=claim.holders - events, stored=claim.stored - events)


@dataclass
class Explored:
    """What all walks through a model come to."""

    states: int = 0
    violations: set[str] = field(default_factory=set)
    stuck: list[State] = field(default_factory=list)
    """States from which no steps lead to the end, however they are taken."""


def explore(model: Model, *, to_the_first: bool = False) -> Explored:
    """Visit every state that can be reached; or end at the first violation."""
    start = model.start()
    reached_from: dict[State, list[State]] = {start: []}
    waiting = deque([start])
    found = Explored()
    while waiting:
        state = waiting.popleft()
        if state.violation:
            found.violations.add(state.violation)
            if to_the_first:
                return found
            continue
        for after in model.steps(state):
            _visit(after, reached_from, waiting).append(state)
        for after in model.troubles(state):
            _visit(after, reached_from, waiting)
    found.states = len(reached_from)
    ends = [state for state in reached_from if state.is_done or state.violation]
    good = _leading_to(ends, reached_from)
    found.stuck = [state for state in reached_from if state not in good]
    return found


def _visit(state: State, reached_from: dict[State, list[State]], waiting: deque[State]) -> list[State]:
    if state not in reached_from:
        reached_from[state] = []
        waiting.append(state)
    return reached_from[state]


def _leading_to(ends: Iterable[State], reached_from: dict[State, list[State]]) -> set[State]:
    good = set(ends)
    waiting = deque(good)
    while waiting:
        for before in reached_from[waiting.popleft()]:
            if before not in good:
                good.add(before)
                waiting.append(before)
    return good
