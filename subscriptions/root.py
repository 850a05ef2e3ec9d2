"""The root type of subscriptions."""

import strawberry

from subscriptions.event_streams import EventSubscriptions
from subscriptions.shop_streams import ShopSubscriptions


@strawberry.type
class Subscription(EventSubscriptions, ShopSubscriptions):
    pass
