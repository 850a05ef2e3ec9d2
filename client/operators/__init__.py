"""What operators ask of a cluster: dead letters, rebuilds, snapshots."""
