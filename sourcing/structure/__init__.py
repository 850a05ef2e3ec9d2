"""The structure of types: decoding and checking, samples, shapes, fingerprints. It imports `declaring` and errors."""
