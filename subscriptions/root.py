"""The root type of subscriptions."""

import strawberry

from hazelgate.subscriptions.event_streams import EventSubscriptions
from hazelgate.subscriptions.shop_streams import ShopSubscriptions


@strawberry.type
class Subscription(EventSubscriptions, ShopSubscriptions):
    pass
