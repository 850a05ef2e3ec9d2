"""The root type of subscriptions."""

import strawberry

from hazelgate.subscriptions.event_streams import EventSubscriptions


@strawberry.type
class Subscription(EventSubscriptions):
    pass
