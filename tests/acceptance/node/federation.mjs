// node federation.mjs compose NAME=FILE…   composes subgraphs with Apollo's own composition, and prints the API's schema.
// node federation.mjs join URL FILE        sends the operations of FILE, one JSON object a line, to Apollo's gateway.
//   It joins the subgraph at URL with one of deliveries, which has fields of orders of its own. Prints one answer a line.
// Ends with status 1 where the subgraphs do not fit; each error is a line.

import { readFile } from 'node:fs/promises';
import { composeServices } from '@apollo/composition';
import { ApolloGateway, LocalGraphQLDataSource, RemoteGraphQLDataSource } from '@apollo/gateway';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse, printSchema } from 'graphql';

const DELIVERIES = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])
  type Query { late: [EnrichedOrder!]! }
  type EnrichedOrder @key(fields: "orderId") { orderId: ID! carrier: String! }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
`);
const DELIVERED = {
  Query: { late: () => ['order-2', 'order-1'].map((orderId) => ({ orderId })) },
  EnrichedOrder: { __resolveReference: ({ orderId }) => ({ orderId }), carrier: ({ orderId }) => `van of ${orderId}` },
};
const SILENT = { debug() {}, info() {}, warn() {}, error: console.error };

function composed(services) {
  const { errors, ...fitting } = composeServices(services);
  if (!errors) return fitting;
  for (const each of errors) console.log(each.message);
  process.exit(1);
}

async function join(url, operations) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ _service { sdl } }' }),
  });
  const { sdl } = (await answer.json()).data._service;
  const { supergraphSdl } = composed([
    { name: 'hazelgate', url, typeDefs: parse(sdl) },
    { name: 'deliveries', url: 'http://deliveries.invalid', typeDefs: DELIVERIES },
  ]);
  const gateway = new ApolloGateway({
    supergraphSdl,
    buildService: ({ name }) =>
      name === 'hazelgate'
        ? new RemoteGraphQLDataSource({ url })
        : new LocalGraphQLDataSource(buildSubgraphSchema({ typeDefs: DELIVERIES, resolvers: DELIVERED })),
    logger: SILENT,
  });
  const { executor, schema } = await gateway.load();
  for (const { query, variables } of operations) {
    const result = await executor({
      document: parse(query),
      request: { query, variables: variables ?? {}, http: { headers: new Map() } },
      queryHash: query,
      context: {},
      metrics: {},
      logger: SILENT,
      schema,
      cache: new Map(),
    });
    console.log(JSON.stringify(result));
  }
  await gateway.stop();
}

const [task, ...rest] = process.argv.slice(2);
if (task === 'compose') {
  const services = await Promise.all(
    rest.map(async (each) => {
      const [name, path] = each.split('=');
      return { name, url: `http://${name}.invalid`, typeDefs: parse(await readFile(path, 'utf8')) };
    }),
  );
  console.log(printSchema(composed(services).schema.toAPISchema().toGraphQLJSSchema()));
} else {
  const lines = (await readFile(rest[1], 'utf8')).trim().split('\n');
  await join(rest[0], lines.map((line) => JSON.parse(line)));
}
