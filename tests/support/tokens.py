"""
A domain whose events follow from one another: each is completed with what the one before it has left.

A token has a holder, and may have a name of its own. Who holds it next is told, who held it before is filled in by a
guard, and a second view counts what each holder has given away.
"""

from __future__ import annotations

from hazelgate import By, Event, Filled, Id, Rejected, View, event, guard, projection, replace

TOKENS = "token-view"
HOLDERS = "holder-view"
NOBODY = "nobody"


@event("TokenMoved", aggregate="Token", key="token_id")
class TokenMoved(Event):
    """Somebody else holds it."""

    token_id: Id
    to: Id
    previous: Filled[str] = NOBODY


@event("TokenPassed", aggregate="Token", key="token_id")
class TokenPassed(Event):
    """Somebody else holds it, if who held it before has given away one other at most."""

    token_id: Id
    to: Id
    previous: Filled[str] = NOBODY


@event("TokenNamed", aggregate="Token", key="token_id", unique=["name"])
class TokenNamed(Event):
    """It is called so, and no other token is."""

    token_id: Id
    name: str


class Token(View):
    """Who holds a token."""

    token_id: str
    holder: str
    moves: int = 0


class Holder(View):
    """What somebody has given away."""

    holder_id: str
    given: int = 0


@guard(TokenMoved, reads={"token": Token.by("token_id")})
def the_previous_holder_is_known(event: TokenMoved, token: Token | None) -> TokenMoved:
    return replace(event, previous=NOBODY if token is None else token.holder)


@guard(TokenPassed, reads={"token": Token.by("token_id")})
def the_one_who_passes_it_is_known(event: TokenPassed, token: Token | None) -> TokenPassed:
    return replace(event, previous=NOBODY if token is None else token.holder)


@guard(TokenPassed, reads={"holder": Holder.by("previous")})
def nobody_gives_much_away(event: TokenPassed, holder: Holder | None) -> None:
    if event.previous != NOBODY and holder is not None and holder.given > 1:
        raise Rejected("token_id", "its holder has given away two")


tokens = projection(TOKENS, Token, key="token_id", indexes={"id": By("token_id")})
holders = projection(HOLDERS, Holder, key="holder_id", indexes={"id": By("holder_id")})


@tokens.on(TokenMoved, key="token_id")
def token_is_moved(token: Token | None, event: TokenMoved) -> Token:
    return Token(token_id=event.token_id, holder=event.to, moves=1 if token is None else token.moves + 1)


@tokens.on(TokenPassed, key="token_id")
def token_is_passed(token: Token | None, event: TokenPassed) -> Token:
    return Token(token_id=event.token_id, holder=event.to, moves=1 if token is None else token.moves + 1)


@holders.on(TokenMoved, key="previous")
def holder_gave_it(holder: Holder | None, event: TokenMoved) -> Holder:
    return Holder(holder_id=event.previous or NOBODY, given=1 if holder is None else holder.given + 1)


@holders.on(TokenPassed, key="previous")
def holder_passed_it(holder: Holder | None, event: TokenPassed) -> Holder:
    return Holder(holder_id=event.previous or NOBODY, given=1 if holder is None else holder.given + 1)
