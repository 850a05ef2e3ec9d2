"""
The rights of one caller: which views, fields, rows and events it sees, and which events it may submit.

- `rows.py` from a rule to a filter, and the filter at work on one entry
- `shapes.py` what roles see of a domain, whoever has them
- `rights.py` the same for one caller, with the claims of its token: the one place that says yes or no
- `handler.py` the way in for events, under a caller's rights

It imports `client.submitting`, `client.views`, `client.reading` and `sourcing`.
"""
