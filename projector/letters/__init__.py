"""What becomes of dead letters when an operator resolves them. It imports `projector.core` and `sourcing`."""
