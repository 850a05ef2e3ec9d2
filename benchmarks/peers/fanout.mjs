// A subscription to orders in Node: graphql-ws over ws, graphql-js, and the entries of a Hazelcast cluster.
// usage: NODE_ENV=production node fanout.mjs HAZELCAST_ADDRESS CLUSTER_NAME
// hazelcast-client for Node has no plain topics, so the messages of `event-stream` come as lines on stdin: a gift.
// Each entry is read once for all subscribers, with hazelcast-client. Prints `listens on PORT`; ends with its stdin.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import hazelcast from 'hazelcast-client';
import { WebSocketServer } from 'ws';

const [member, clusterName] = process.argv.slice(2);
const schema = buildSchema(`
  type Customer { name: String! }
  type Item { name: String! sku: String! quantity: Int! }
  type Order { orderId: ID! status: String! totalAmount: String! customer: Customer! items: [Item!]! }
  type Event { timestamp: String! }
  type OrderChange { cursor: String! causedBy: Event order: Order }
  type Discontinuity { cursor: String! reason: String! }
  union OrderStream = OrderChange | Discontinuity
  type Query { ok: Boolean }
  type Subscription { orderChanged(orderId: ID): OrderStream! }
`);
schema.getType('OrderStream').resolveType = () => 'OrderChange';

const followers = new Map(); // by order id, and '' for all: the queues of the subscribers
class Queue {
  items = []; waiting = null; done = false;
  constructor(key) { this.key = key; if (!followers.has(key)) followers.set(key, new Set()); followers.get(key).add(this); }
  push(value) {
    if (this.waiting) { const waiting = this.waiting; this.waiting = null; waiting({ value, done: false }); } else this.items.push(value);
  }
  next() {
    if (this.items.length) return Promise.resolve({ value: this.items.shift(), done: false });
    if (this.done) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => { this.waiting = resolve; });
  }
  return() {
    this.done = true;
    followers.get(this.key).delete(this);
    if (this.waiting) this.waiting({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }
  [Symbol.asyncIterator]() { return this; }
}
schema.getSubscriptionType().getFields().orderChanged.subscribe = (_, { orderId }) => new Queue(orderId ?? '');

const client = await hazelcast.Client.newHazelcastClient({
  clusterName,
  network: { clusterMembers: [member] },
  properties: { 'hazelcast.logging.level': 'ERROR' },
});
const orders = await client.getMap('enriched-order-view');
const types = new Set(['OrderCreated', 'OrderConfirmed', 'OrderCancelled']);

createInterface({ input: process.stdin }).on('line', async (line) => {
  for (const record of JSON.parse(line)) {
    if (!types.has(record.eventType)) continue;
    const wanting = [followers.get(''), followers.get(record.data.orderId)].filter((queues) => queues?.size);
    if (!wanting.length) continue;
    const order = await orders.get(record.data.orderId);
    const value = { orderChanged: { cursor: record.cursor, causedBy: record, order } };
    for (const queues of wanting) for (const queue of queues) queue.push(value);
  }
}).on('close', () => process.exit(0));

const server = createServer();
useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }));
server.listen(0, '127.0.0.1', () => console.log(`listens on ${server.address().port}`));
