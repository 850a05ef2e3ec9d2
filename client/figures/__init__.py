"""Figures that members give of themselves: pipelines, counters, latencies. It imports nothing of the other rooms."""
