"""
The ground: what a user writes (events, guards, projections, upcasts), and what it means to the other rooms.

It imports no other room. It is pure: it opens no connection, starts no process and runs no event loop.

From the bottom up, each imports only from those below it:

- `backoff.py`, `clock.py`, `errors.py`, `identity.py`, `ids.py`: pauses between attempts, instants, the tree of errors,
  callers, ids and keys
- `logs.py`, `settings.py`: how a process writes its log; how settings are named. A domain needs neither
- `declaring/`: the base classes and decorators that a domain is written with
- `envelope.py`, `structure/`: what goes along with an event; what types look like, and how values are read and checked
- `catalog.py`: everything that a domain declares, checked once and ready to use
- `golden.py`, `repetition.py`: files that prove old events readable; what makes two submissions the same event
"""
