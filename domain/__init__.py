"""
The shop: customers, products and orders. The worked example that a user replaces with a domain of their own.

Each module holds one aggregate: its events, their guards and the views. It imports the façade `hazelgate` alone.
"""

from hazelgate.domain import customers, orders, products

__all__ = ["customers", "orders", "products"]
