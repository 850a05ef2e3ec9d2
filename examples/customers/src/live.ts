// The list and the events, as they are now, and as each change comes.

import { ask, follow, onConnection, untilAnswered } from './gateway';
import type { RowFragment } from './gql/graphql';
import { Changes, Events, Start } from './operations';

export interface Shown {
  status(text: string): void;
  customers(rows: RowFragment[]): void;
  event(text: string): void;
}

export class LiveCustomers {
  readonly #rows = new Map<string, RowFragment>();

  constructor(private readonly shown: Shown) {}

  /** Reads where the streams stand and the list in one query. The streams go on from there. */
  async start(): Promise<void> {
    onConnection((connected) => this.shown.status(connected ? 'live' : 'connecting'));
    const read = () => untilAnswered(() => this.#read());
    const cursor = await read();
    void follow(Changes, cursor, async ({ customerChanged: change }) => {
      if (change.__typename === 'Discontinuity') await read(); // what is missing is in the list
      else if (change.customer) this.#keep([change.customer]);
      else this.#rows.delete(change.customerId);
      this.#show();
      return change.cursor;
    });
    void follow(Events, cursor, ({ events: notice }) => {
      if (notice.__typename === 'Discontinuity') this.shown.event(`some events are missing: ${notice.reason}`);
      else this.shown.event(`${notice.event.eventType} ${notice.event.aggregateId} ${notice.event.sequence}`);
      return notice.cursor;
    });
  }

  async #read(): Promise<string> {
    const { streamCursor, customers } = await ask(Start, {});
    if (!streamCursor || !customers) throw new Error('the cluster is not ready');
    this.#rows.clear();
    this.#keep(customers.edges.map((edge) => edge.node));
    this.#show();
    return streamCursor;
  }

  /** A read and a stream may tell of one customer in any order: the newer version counts. */
  #keep(rows: RowFragment[]): void {
    for (const row of rows) {
      const known = this.#rows.get(row.customerId);
      if (!known || known.revision.version < row.revision.version) this.#rows.set(row.customerId, row);
    }
  }

  #show(): void {
    this.shown.customers([...this.#rows.values()].sort((a, b) => a.name.localeCompare(b.name)));
  }
}
