"""The real cluster, over the asyncio client of Hazelcast. It imports the rest of `client`."""
