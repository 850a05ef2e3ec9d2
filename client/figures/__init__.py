"""What members say of themselves: the pipelines, and their counters and latencies."""
