"""
What happens in a cluster, as a program follows it.

It imports `client.cluster`, `client.reading`, `client.views`, `projector.past` and `sourcing`.

- `feed.py`: one listener for the process, its events fanned out in memory
- `recent.py`: what was heard lately
- `wishing.py`: what members are told of that
- `interests.py`: which subscribers want an event; `happenings.py`: an event and the entries read for it
- `inbox.py`: the bounded queue of each subscriber
- `streams.py`: from events to what one subscriber gets
- `changes.py`: what becomes of the entries of a view
- `watches.py`: what a query has read, and when an event touches it; `touching.py`: the same of one page
- `whole_views.py`: the changes of a view for all who have read pages of it; `watched.py`: the cluster that notes reads
- `tracking.py`: how far the process has heard the log
- `since.py`: what a reader has missed, and then what happens; `log_pages.py`: the log in pages
- `revisions.py`: a read that waits for an event
"""
