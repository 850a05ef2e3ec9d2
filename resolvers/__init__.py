"""
The root fields: queries, mutations, and the loaders that gather their reads. `submitting`, `event_fields` and `loading`
are the same for every domain; `customers`, `products` and `orders` are the shop's. May import `sourcing`, `domain` and
`schema`.
"""
