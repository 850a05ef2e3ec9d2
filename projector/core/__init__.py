"""What every batch needs, pure: intake, plans, entries, folds, answers, messages. It imports `sourcing` alone."""
