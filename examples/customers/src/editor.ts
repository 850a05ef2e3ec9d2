// Optimistic concurrency: a customer is saved only if it is still as the editor has shown it.

import { RefusableForm, problemsOf } from './forms';
import { ask } from './gateway';
import type { RowFragment } from './gql/graphql';
import { One, Update } from './operations';

export class Editor {
  readonly #form: RefusableForm;
  readonly #conflict: HTMLElement;
  #shown: RowFragment | null = null;

  constructor(element: HTMLFormElement) {
    this.#form = new RefusableForm(element);
    this.#form.onSubmit(() => this.#save());
    this.#conflict = element.querySelector<HTMLElement>('.conflict')!;
    this.#conflict.querySelector('button')!.addEventListener('click', () => void this.#reload());
  }

  open(customer: RowFragment): void {
    this.#shown = customer;
    const { name, email, address } = customer;
    this.#form.fill({ name, email, address });
    this.#conflict.hidden = true;
    this.#form.element.hidden = false;
  }

  async #save(): Promise<void> {
    const { customerId, revision } = this.#shown!;
    const input = {
      customerId,
      name: this.#form.value('name') ?? '',
      email: this.#form.value('email') ?? '',
      address: this.#form.value('address'),
    };
    // The events of one customer are numbered, and each changes its entry: its version is the last one's number.
    const { eventId } = this.#form;
    const { updateCustomer } = await ask(Update, { input, eventId, expectedSequence: revision.version });
    switch (updateCustomer?.__typename) {
      case 'CustomerPayload':
        this.#form.answered([]);
        this.#form.element.hidden = true;
        break;
      case 'SequenceConflict':
        this.#form.answered([]);
        this.#conflict.hidden = false;
        break;
      default:
        this.#form.answered(updateCustomer ? problemsOf(updateCustomer) : []);
    }
  }

  async #reload(): Promise<void> {
    const { customer } = await ask(One, { customerId: this.#shown!.customerId });
    if (customer) this.open(customer);
  }
}
