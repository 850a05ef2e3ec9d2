"""What members say of themselves: pipelines, counters, latencies. It imports nothing of the other rooms."""
