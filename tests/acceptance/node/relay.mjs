// node relay.mjs URL FOLDER: what an application does with Relay, by the artifacts that its compiler has put into FOLDER.
// React's hooks call the same functions of relay-runtime: there is no React here. Prints one object of JSON.

import { createClient } from 'graphql-ws';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import relay from 'relay-runtime';
import WebSocket from 'ws';

const [url, folder] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const artifact = (name) => require(join(folder, '__generated__', `${name}.graphql.js`));

const socket = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });
const sent = [];

// No text is sent: the compiler has left the id alone in the artifacts.
async function ask({ id, text }, variables) {
  sent.push(text ?? id);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ documentId: id, variables }),
  });
  return response.json();
}

// graphql-ws demands a text, even an empty one.
const subscribe = ({ id }, variables) =>
  relay.Observable.create((sink) => socket.subscribe({ query: '', documentId: id, variables }, sink));

const environment = new relay.Environment({
  network: relay.Network.create(ask, subscribe),
  store: new relay.Store(new relay.RecordSource()),
});

const fetched = (request, variables) => relay.fetchQuery(environment, request, variables).toPromise();
const read = (fragment, reference) =>
  environment.lookup(relay.getSingularSelector(relay.getFragment(artifact(fragment)), reference)).data;

function rows(list) {
  return list.customers.edges.map((edge) => read('customersRow', edge.node));
}

// As `loadNext` of `usePaginationFragment`.
async function loadNext(count, reference) {
  const { paginationRequest, paginationMetadata } = relay.getPaginationMetadata(artifact('customersPage'), 'relay.mjs');
  const { endCursor } = read('customersPage', reference).customers.pageInfo;
  await fetched(paginationRequest, relay.getPaginationVariables('forward', count, endCursor, {}, {}, paginationMetadata));
}

// As `refetch` of `useRefetchableFragment`: the compiler has made a query of the fragment, by `node(id:)`.
function refetch({ id }) {
  return fetched(artifact('customersRowQuery'), { id });
}

function rename(customerId, name) {
  const variables = { input: { customerId, name } };
  return new Promise((onCompleted, onError) =>
    relay.commitMutation(environment, { mutation: artifact('customersRenameMutation'), variables, onCompleted, onError }),
  );
}

// Another client, so that this store does not know.
async function renamedElsewhere(customerId, name) {
  const { params } = artifact('customersRenameMutation');
  const { errors } = await ask(params, { input: { customerId, name } });
  if (errors) throw new Error(errors[0].message);
}

// A subscription is open a moment after it was asked for: others change the customer until it tells.
async function heardOf(customerId) {
  let heard = false;
  const subscription = relay.requestSubscription(environment, {
    subscription: artifact('customersChangedSubscription'),
    variables: { customerId },
    onNext: () => (heard = true),
    onError: (error) => fail(error),
  });
  for (let count = 0; !heard && count < 200; count++) {
    await renamedElsewhere(customerId, `Heard ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  subscription.dispose();
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

const found = {};
const operation = relay.createOperationDescriptor(artifact('customersQuery'), {});
environment.retain(operation);
await fetched(artifact('customersQuery'), {});
const reference = environment.lookup(operation.fragment).data;
const names = () => rows(read('customersPage', reference)).map((row) => row.name);

found.first = names();
await loadNext(2, reference);
found.merged = names();

const [first, second, third] = rows(read('customersPage', reference));
await rename(first.customerId, 'By Relay');
await renamedElsewhere(second.customerId, 'Elsewhere');
found.before = names()[1];
await refetch(second);
await heardOf(third.customerId);
found.after = names();
found.sent = sent;
await socket.dispose();
console.log(JSON.stringify(found));
process.exit(0);
