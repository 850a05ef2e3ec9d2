// node clients.mjs URL SCENARIO: does what an application does with a client library, and prints one object of JSON.
// Scenarios: apollo, apollo-multipart, apollo-persisted, apollo-batch, apollo-defer, apollo-defer-newer, urql, urql-defer,
// graphql-ws-defer, graphql-sse, audits.
// Those of Apollo run with Apollo Client 4, and with Apollo Client 3 after `3:`, as in `3:apollo-batch`.

import * as apollo4 from '@apollo/client';
import { Defer20220824Handler, GraphQL17Alpha9Handler } from '@apollo/client/incremental';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { auditServer } from 'graphql-http';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import WebSocket from 'ws';

const [url, scenario] = process.argv.slice(2);

function apollo3() {
  const require = createRequire(import.meta.url); // its folders are no modules for `import`
  const { createPersistedQueryLink } = require('apollo-client-3/link/persisted-queries');
  return {
    ...require('apollo-client-3/core'),
    ...require('apollo-client-3/link/batch-http'),
    ...require('apollo-client-3/link/subscriptions'),
    ...require('apollo-client-3/utilities'),
    persisted: createPersistedQueryLink,
  };
}

const apollo = scenario.startsWith('3:')
  ? apollo3()
  : {
      ...apollo4,
      BatchHttpLink,
      GraphQLWsLink,
      relayStylePagination,
      persisted: (options) => new PersistedQueryLink(options),
    };
const { gql } = apollo;

const LIST = `query List($after: String) {
  customers(first: 2, after: $after) {
    edges { cursor node { id customerId name } }
    pageInfo { hasNextPage endCursor }
  }
}`;
const RENAME = `mutation Rename($id: ID!, $name: String!) {
  updateCustomer(input: { customerId: $id, name: $name }) {
    ... on CustomerPayload { customer { id customerId name } }
    ... on EventError { message }
  }
}`;
const CHANGED = `subscription Changed($id: ID!) {
  customerChanged(customerId: $id) { ... on CustomerChange { change customer { id customerId name } } }
}`;

const DEFERRED = `query Deferred($id: ID!) {
  customer(customerId: $id) { id customerId ...Later @defer }
}
fragment Later on Customer { name orders(first: 2) { totalCount } }`;
const STREAMED = `query Streamed {
  customers(first: 3) { edges @stream(initialCount: 1) { cursor node { id customerId } } }
}`;

const names = (data) => data.customers.edges.map((edge) => edge.node.name);

// Repeats an action until something comes of it: a subscription is open a moment after it was asked for.
async function whileWaiting(promise, act) {
  let done = false;
  const finished = promise.finally(() => (done = true));
  for (let count = 0; !done && count < 200; count++) {
    await act(count);
    await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
  return finished;
}

function apolloClient(link, more = {}) {
  const typePolicies = { Query: { fields: { customers: apollo.relayStylePagination() } } };
  return new apollo.ApolloClient({ link, cache: new apollo.InMemoryCache({ typePolicies }), ...more });
}

// What a watched query shows one after the other, until it is whole.
async function seenByApollo(handler) {
  const types = [];
  const watched = async (...given) => {
    const response = await fetch(...given);
    types.push(response.headers.get('content-type'));
    return response;
  };
  const more = handler && !scenario.startsWith('3:') ? { incrementalHandler: new handler() } : {};
  const client = apolloClient(new apollo.HttpLink({ uri: url, fetch: watched }), more);
  const shown = (query, variables, isWhole) =>
    new Promise((resolve, reject) => {
      const seen = [];
      const watching = client.watchQuery({ query: gql(query), variables, notifyOnNetworkStatusChange: true });
      watching.subscribe({
        next: (result) => {
          if (result.error) reject(result.error);
          if (result.data) seen.push(result.data);
          if (result.data && isWhole(result.data)) resolve(seen);
        },
        error: reject,
      });
    });
  const deferred = await shown(DEFERRED, { id: 'c2' }, (data) => data.customer.name !== undefined);
  const isNewer = handler === GraphQL17Alpha9Handler;
  const lists = isNewer ? await shown(STREAMED, {}, (data) => data.customers.edges.length === 3) : [];
  const streamed = lists.map((data) => data.customers.edges.length);
  return { first: deferred[0].customer, last: deferred.at(-1).customer, streamed, types: [...new Set(types)] };
}

async function firstOfApollo(client, id) {
  const heard = new Promise((resolve, reject) => {
    const subscription = client.subscribe({ query: gql(CHANGED), variables: { id } }).subscribe({
      next: (result) => {
        subscription.unsubscribe();
        result.error ? reject(result.error) : resolve(result.data.customerChanged);
      },
      error: reject,
    });
  });
  return whileWaiting(heard, (count) =>
    client.mutate({ mutation: gql(RENAME), variables: { id, name: `Changed ${count}` } }),
  );
}

const scenarios = {
  async apollo() {
    const http = apolloClient(new apollo.HttpLink({ uri: url }));
    const query = gql(LIST);
    const list = http.watchQuery({ query });
    const first = await http.query({ query });
    await list.fetchMore({ variables: { after: first.data.customers.pageInfo.endCursor } });
    const merged = names(http.readQuery({ query }));
    const { customerId } = first.data.customers.edges[0].node;
    await http.mutate({ mutation: gql(RENAME), variables: { id: customerId, name: 'Renamed' } });
    const renamed = names(http.readQuery({ query }))[0];
    const socket = createWsClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });
    const subscribed = apolloClient(new apollo.GraphQLWsLink(socket));
    const heard = await firstOfApollo(subscribed, customerId);
    await socket.dispose();
    return { first: names(first.data), merged, renamed, heard: heard.customer.customerId, customerId };
  },

  async 'apollo-multipart'() {
    const types = [];
    const watched = async (...given) => {
      const response = await fetch(...given);
      types.push(response.headers.get('content-type'));
      return response;
    };
    const client = apolloClient(new apollo.HttpLink({ uri: url, fetch: watched }));
    const heard = await firstOfApollo(client, 'c1');
    let refused;
    try {
      await new Promise((resolve, reject) => {
        client
          .subscribe({ query: gql('subscription { pipelineMetrics(intervalMs: 1) { pending } }') })
          .subscribe({ next: (result) => (result.error ? reject(result.error) : resolve()), error: reject });
      });
    } catch (error) {
      refused = { name: error.name, message: error.message };
    }
    return { heard: heard.customer.customerId, refused, types: [...new Set(types)] };
  },

  async 'apollo-persisted'() {
    const sent = [];
    const watched = (uri, options) => {
      const body = options.body && JSON.parse(options.body);
      sent.push(options.method === 'GET' ? 'GET' : body.query ? 'query' : 'hash');
      return fetch(uri, options);
    };
    const sha256 = (text) => createHash('sha256').update(text).digest('hex');
    const client = (options) =>
      apolloClient(apollo.persisted({ sha256, ...options }).concat(new apollo.HttpLink({ uri: url, fetch: watched })));
    const query = gql(`query Persisted${process.pid} { customers(first: 1) { edges { node { id name } } } }`);
    await client().query({ query });
    await client().query({ query });
    await client({ useGETForHashedQueries: true }).query({ query });
    return { sent };
  },

  async 'apollo-batch'() {
    let requests = 0;
    const counted = (...given) => ((requests += 1), fetch(...given));
    const client = apolloClient(new apollo.BatchHttpLink({ uri: url, fetch: counted, batchInterval: 20 }));
    const results = await Promise.all(
      ['c1', 'c2'].map((id) =>
        client.query({ query: gql('query($id: ID!) { customer(customerId: $id) { id customerId } }'), variables: { id } }),
      ),
    );
    return { requests, found: results.map((result) => result.data.customer.customerId) };
  },

  'apollo-defer': () => seenByApollo(Defer20220824Handler),
  'apollo-defer-newer': () => seenByApollo(GraphQL17Alpha9Handler),

  async 'urql-defer'() {
    const client = new Client({ url, preferGetMethod: false, exchanges: [fetchExchange] });
    const shown = (query, variables) =>
      new Promise((resolve, reject) => {
        const seen = [];
        client.query(query, variables).subscribe((result) => {
          if (result.error) reject(result.error);
          seen.push(result.data);
          if (!result.hasNext) resolve(seen);
        });
      });
    const deferred = await shown(DEFERRED, { id: 'c2' });
    const streamed = (await shown(STREAMED, {})).map((each) => each.customers.edges.length);
    return { first: deferred[0].customer, last: deferred.at(-1).customer, streamed };
  },

  async 'graphql-ws-defer'() {
    const socket = createWsClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });
    const found = [];
    for await (const part of socket.iterate({ query: DEFERRED, variables: { id: 'c2' } })) found.push(part);
    await socket.dispose();
    return found;
  },

  async urql() {
    const client = new Client({
      url,
      preferGetMethod: false,
      fetchSubscriptions: true,
      exchanges: [cacheExchange({ keys: { CustomerConnection: () => null, CustomerEdge: () => null, PageInfo: () => null } }), fetchExchange],
    });
    const seen = [];
    const list = client.query(LIST, {}).subscribe((result) => result.data && seen.push(names(result.data)));
    const first = await client.query(LIST, {}).toPromise();
    const { customerId } = first.data.customers.edges[0].node;
    await client.mutation(RENAME, { id: customerId, name: 'By urql' }).toPromise();
    const renamed = seen.at(-1)[0];
    const heard = new Promise((resolve, reject) => {
      const subscription = client.subscription(CHANGED, { id: customerId }).subscribe((result) => {
        queueMicrotask(() => subscription.unsubscribe());
        result.error ? reject(result.error) : resolve(result.data.customerChanged.customer.customerId);
      });
    });
    const told = await whileWaiting(heard, (count) =>
      client.mutation(RENAME, { id: customerId, name: `Heard ${count}` }).toPromise(),
    );
    list.unsubscribe();
    return { renamed, heard: told, customerId };
  },

  async 'graphql-sse'() {
    const found = {};
    for (const singleConnection of [false, true]) {
      const client = createSseClient({ url: `${url}/stream`, singleConnection, retryAttempts: 0 });
      const once = (payload) =>
        new Promise((resolve, reject) => {
          let last;
          client.subscribe(payload, { next: (result) => (last = result), error: reject, complete: () => resolve(last) });
        });
      const query = await once({ query: '{ __typename }' });
      const invalid = await once({ query: '{ nothing }' });
      const changes = client.iterate({ query: CHANGED, variables: { id: 'c1' } });
      const heard = await whileWaiting(changes.next(), (count) =>
        once({ query: RENAME, variables: { id: 'c1', name: `Sse ${count}` } }),
      );
      await changes.return();
      client.dispose();
      found[singleConnection ? 'single' : 'distinct'] = {
        query,
        invalid: invalid.errors[0].extensions.code,
        heard: heard.value.data.customerChanged.customer.customerId,
      };
    }
    return found;
  },

  async audits() {
    const results = await auditServer({ url, fetchFn: fetch });
    const bad = results.filter((each) => each.status !== 'ok').map((each) => `${each.id} ${each.name}: ${each.reason}`);
    return { number: results.length, bad };
  },
};

console.log(JSON.stringify(await scenarios[scenario.replace(/^3:/, '')]()));
process.exit(0);
