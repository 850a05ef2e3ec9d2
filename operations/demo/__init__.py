"""A shop that is kept busy, through the public GraphQL API alone."""
