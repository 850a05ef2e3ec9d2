"""
What every batch needs, pure. It imports `sourcing` alone.

- `messages.py`, `calls.py`: what the engine sends and is answered; the calls of the user's code
- `paths.py`, `plans.py`: per event type, made once: its guards, its views, and how keys are read from an event
- `intake.py`, `decisions.py`: events as they come in; what operators decided about stored ones
- `entries.py`, `folding.py`: the entries of a batch, and how events get into them
- `answers.py`: what submitters are told
"""
