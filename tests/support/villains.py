"""
A domain whose handlers misbehave on demand: they hang, hold the interpreter's lock, kill their process, or make 100 MB.

`how` says what: `guard-…` for what the guard does, `fold-…` for the projection.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from hazelgate import By, Event, Id, View, event, guard, projection, replace

BOXES = "box-view"
HUGE = 104_857_600
FOR_EVER = 3_600


@event("ThingPut", aggregate="Box", key="box_id")
class ThingPut(Event):
    """Something lies in a box."""

    box_id: Id
    how: str = "well"
    note: str = ""


class Box(View):
    """How many things are in a box."""

    box_id: str
    things: int
    note: str = ""


def hang() -> None:
    """Never return; other threads go on."""
    while True:
        pass


def hold_the_lock() -> None:
    """Never return, and let no other thread run: PyDLL keeps the interpreter's lock while it calls."""
    ctypes.PyDLL(None).sleep(FOR_EVER)


def eat_memory() -> None:
    """Take more and more."""
    eaten = []
    while True:
        eaten.append(bytearray(64 * 1024 * 1024))


def refuse() -> None:
    """Only raise, as well-behaved projections may."""
    raise ValueError("it does not fit")


DEEDS = {
    "raise": refuse,
    "loop": hang,
    "gil": hold_the_lock,
    "exit": lambda: os._exit(3),
    "sysexit": lambda: sys.exit(4),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "crash": lambda: ctypes.string_at(0),
    "memory": eat_memory,
}


@guard(ThingPut)
def things_are_checked(event: ThingPut) -> ThingPut | None:
    who, _, deed = event.how.partition("-")
    if who != "guard":
        return None
    if deed == "huge":
        return replace(event, note="x" * HUGE)
    DEEDS[deed]()
    return None


boxes = projection(BOXES, Box, key="box_id", indexes={"id": By("box_id")})


@boxes.on(ThingPut, key="box_id")
def thing_lies_there(box: Box | None, event: ThingPut) -> Box:
    who, _, deed = event.how.partition("-")
    before = Box(box_id=event.box_id, things=0) if box is None else box
    if who == "fold" and deed == "huge":
        return replace(before, note="x" * HUGE)
    if who == "fold":
        DEEDS[deed]()
    return replace(before, things=before.things + 1)
