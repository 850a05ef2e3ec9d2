"""Documents, validation and execution of GraphQL operations."""
