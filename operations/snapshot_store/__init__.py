"""
Where snapshots of views are kept: a folder, or storage like S3's. What this needs comes with the extra `snapshots`.

The members decide when a snapshot is taken and what becomes of it (`engine/…/snapshot`). The bytes pass through a child
process of theirs, `python -m hazelgate.operations.snapshot_store`: the library that knows the storages is Python's.

It imports `client` and `sourcing`, and nothing else of this room.
"""
