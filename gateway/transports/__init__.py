"""GraphQL over HTTP and over websockets."""
