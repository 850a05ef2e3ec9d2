"""The algorithms by which a token may be signed."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Those that can be pinned. None has a secret that the gateway would share with the issuer."""
