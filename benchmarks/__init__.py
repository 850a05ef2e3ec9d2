"""
The project's figures, measured on the real stack and printed beside what they are compared with: `make bench`.

It imports what a user of the parts would import, and `gateway` for the command line. Nothing imports it.
"""
