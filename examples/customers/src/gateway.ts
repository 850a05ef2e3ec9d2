// How the page talks to the gateway: queries and mutations by POST, subscriptions over one websocket.

import { createClient } from 'graphql-ws';
import type { TypedDocumentString } from './gql/graphql';

const url = new URLSearchParams(location.search).get('gateway') ?? 'http://127.0.0.1:8000/graphql';
const AGAIN_MS = 500;

// This page resumes by itself, after its last cursor. The socket would subscribe again after the first one.
const socket = createClient({ url: url.replace(/^http/, 'ws'), retryAttempts: 0 });

/** The answer's data. Throws if the gateway can't be reached, or refuses the operation as a whole. */
export async function ask<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data;
}

/** Tells each time that the streams are connected, and each time that they are not. */
export function onConnection(listener: (connected: boolean) => void): void {
  socket.on('connected', () => listener(true));
  socket.on('closed', () => listener(false));
}

/** Calls until it works: a gateway that restarts is back in a moment. */
export async function untilAnswered<Data>(call: () => Promise<Data>): Promise<Data> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      console.info('asked again in a moment', error);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/**
 * Follows a stream for ever. `take` works a message off and returns its cursor.
 * When the connection ends, the stream goes on after the last cursor: nothing is missed, and nothing comes twice.
 */
export async function follow<Data>(
  document: TypedDocumentString<Data, { after?: string | null }>,
  after: string,
  take: (data: Data) => string | Promise<string>,
): Promise<never> {
  let cursor = after;
  for (;;) {
    try {
      const query = document.toString();
      for await (const { data, errors } of socket.iterate<Data>({ query, variables: { after: cursor } })) {
        if (errors || !data) throw new Error(errors?.[0]?.message ?? 'a message without data');
        cursor = await take(data);
      }
    } catch (error) {
      console.info('the stream ended, and goes on after its cursor', error);
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
