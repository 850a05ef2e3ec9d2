"""How much one operation may ask for, and the error that says it asks for more."""

from dataclasses import dataclass

from graphql import GraphQLError


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What is looked at before anything runs. Each is a setting of the gateway, and described there.

    Only the cost knows the schema: the others are counted in the document alone, before it is validated.
    """

    max_characters: int = 100_000
    max_tokens: int = 5_000
    max_depth: int = 20
    max_aliases: int = 200
    max_repeated_fields: int = 200
    max_directives: int = 100
    max_fragments: int = 100
    max_root_fields: int = 50
    max_cost: int = 500_000


class TooComplex(GraphQLError):
    """
    A document or an operation asks for more than a limit allows.

    Args:
        limit: The limit's name, as clients switch on it: `depth`.
        most: How much is allowed.
        asked: How much was asked for; at least, where counting ended early.
        advice: How to ask for less.
    """

    def __init__(self, limit: str, most: int, asked: int, advice: str) -> None:
        message = f"the operation is too complex: {limit} {asked:,}, at most {most:,}; {advice}"
        super().__init__(message, extensions={"code": "QUERY_TOO_COMPLEX", "limit": limit, "max": most, "asked": asked})
