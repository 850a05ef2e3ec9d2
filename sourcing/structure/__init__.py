"""
The structure of a domain's types. It imports `declaring` and what that may import.

- `types.py`: a type hint resolved; everything else here stands on it
- `decoding.py`: from JSON to a value, or to everything that is wrong with it
- `samples.py`, `shapes.py`: examples of a type's JSON; what that JSON may look like, to be kept and compared
- `fingerprints.py`: what changes when the code that folds a view changes
"""
