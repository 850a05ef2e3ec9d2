"""The pages: their links lead somewhere, their prose is short, and what they tell a reader to do works."""
