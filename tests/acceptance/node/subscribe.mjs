// node subscribe.mjs URL QUERY COUNT: subscribes with the npm package graphql-ws and prints one JSON line a message.
// Prints `connected` once the server has acknowledged, ends after COUNT messages (0: never), with status 1 on an error.

import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, query, count] = process.argv.slice(2);

const client = createClient({ url, webSocketImpl: WebSocket, lazy: false, retryAttempts: 0, onNonLazyError: fail });
client.on('connected', () => console.log('connected'));

function fail(error) {
  console.error(error);
  process.exit(1);
}

let left = Number(count);
try {
  for await (const message of client.iterate({ query })) {
    console.log(JSON.stringify(message));
    if (--left === 0) break;
  }
  await client.dispose();
} catch (error) {
  fail(error);
}
