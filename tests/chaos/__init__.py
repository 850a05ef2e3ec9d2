"""
Breaks a running cluster under load, and shows that the log can be trusted (`make chaos`, docs/explanation/chaos.md).

A seeded load client writes down what it was told (`load`, `answers`), a subscriber what it saw (`watching`). After the
fault and quiet, `checking` compares that with the maps alone: it imports nothing of the code under test.
"""
