"""The projector as a process: gRPC server, supervisor, watchdog. It imports `process`, `core` and `sourcing`."""
