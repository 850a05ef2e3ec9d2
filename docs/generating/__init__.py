"""
What `make docs` writes before the site is built: the reference from the code, the chart from its data.

- `reference.py` gathers the pages of the reference
- `settings.py`, `commands.py`, `codes.py`, `metrics.py`, `graphql_api.py`, `python_api.py` write one page each
- `markdown.py` what they share: tables, and text that is safe in one
- `figures.py` the table and the chart of `docs/figures.md`
- `staging.py` all pages in one folder, in the order of reading
- `conf.py` how Sphinx builds the site from it
"""
