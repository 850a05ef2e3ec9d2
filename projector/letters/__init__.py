"""Dead letters: what becomes of one that an operator resolves. It imports `projector.core` and `sourcing`."""
