// Orders by id in Node: Mercurius with its JIT compiler, or Apollo Server, each on Fastify, over a Hazelcast cluster.
// usage: NODE_ENV=production node reads.mjs mercurius|apollo HAZELCAST_ADDRESS CLUSTER_NAME
// Entries are read with hazelcast-client, as a user of these servers would. Prints `listens on PORT`; ends with its stdin.
import Fastify from 'fastify';
import hazelcast from 'hazelcast-client';

const [kind, member, clusterName] = process.argv.slice(2);
const schema = `
  enum OrderStatus { PENDING CONFIRMED CANCELLED }
  type CustomerSummary { customerId: ID! name: String! email: String! }
  type OrderItem { productId: ID! name: String! sku: String! quantity: Int! priceAtOrder: String! }
  type EnrichedOrder {
    orderId: ID! status: OrderStatus! cancelReason: String placedAt: String! totalAmount: String!
    customer: CustomerSummary! items: [OrderItem!]!
  }
  type Query { order(orderId: ID!): EnrichedOrder ordersById(orderIds: [ID!]!): [EnrichedOrder]! }
`;

const client = await hazelcast.Client.newHazelcastClient({
  clusterName,
  network: { clusterMembers: [member] },
  properties: { 'hazelcast.logging.level': 'ERROR' },
});
const orders = await client.getMap('enriched-order-view');
const resolvers = {
  Query: {
    order: (_, { orderId }) => orders.get(orderId),
    ordersById: async (_, { orderIds }) => {
      const entries = new Map(await orders.getAll([...new Set(orderIds)]));
      return orderIds.map((id) => entries.get(id) ?? null);
    },
  },
};

const app = Fastify();
const servers = {
  async mercurius() {
    const { default: mercurius } = await import('mercurius');
    await app.register(mercurius, { schema, resolvers, jit: 1 });
  },
  async apollo() {
    const { ApolloServer } = await import('@apollo/server');
    const { default: fastifyApollo } = await import('@as-integrations/fastify');
    const server = new ApolloServer({ typeDefs: schema, resolvers });
    await server.start();
    await app.register(fastifyApollo(server));
  },
};
await servers[kind]();
await app.listen({ port: 0, host: '127.0.0.1' });
process.stdin.resume().on('close', () => process.exit(0));
console.log(`listens on ${app.server.address().port}`);
