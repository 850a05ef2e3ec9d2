"""
The ground: what a user writes (events, guards, projections, upcasters), and what it means to the rest of the project.

It is pure: no network, no file of its own, no clock but the one it is handed. It imports no other room.

- `declaring/` the base classes and decorators that a domain is written with
- `structure/` what types look like: decoding, samples, shapes, fingerprints
- here: the catalog made of a domain, envelopes, errors, ids, instants, repetition, golden files
"""
