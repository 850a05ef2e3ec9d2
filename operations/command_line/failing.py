"""How a command says that it can't do what it was asked to."""

import click


class CannotStart(click.ClickException):
    """One clear line on stderr, and exit status 2."""

    exit_code = 2
