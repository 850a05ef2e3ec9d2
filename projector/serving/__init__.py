"""The projector as a process: gRPC server, supervisor, watchdog. It imports the rest of `projector`."""
