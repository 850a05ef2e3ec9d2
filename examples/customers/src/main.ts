import { Editor } from './editor';
import { RefusableForm, problemsOf } from './forms';
import { ask } from './gateway';
import type { RowFragment } from './gql/graphql';
import { LiveCustomers } from './live';
import { Create } from './operations';

function byId<Element extends HTMLElement>(id: string): Element {
  return document.getElementById(id) as Element;
}

const editor = new Editor(byId('edit'));

function rowOf(customer: RowFragment): HTMLTableRowElement {
  const row = document.createElement('tr');
  for (const text of [customer.name, customer.email, customer.address ?? '']) {
    row.insertCell().textContent = text;
  }
  const button = document.createElement('button');
  button.textContent = 'Edit';
  button.addEventListener('click', () => editor.open(customer));
  row.insertCell().append(button);
  return row;
}

void new LiveCustomers({
  status: (text) => (byId('status').textContent = text),
  customers: (rows) => byId('customers').replaceChildren(...rows.map(rowOf)),
  event: (text) => (byId('events').appendChild(document.createElement('li')).textContent = text),
}).start();

const form = new RefusableForm(byId('new'));
form.onSubmit(async () => {
  const input = {
    name: form.value('name') ?? '',
    email: form.value('email') ?? '',
    address: form.value('address'),
  };
  const { createCustomer } = await ask(Create, { input, eventId: form.eventId });
  if (createCustomer?.__typename === 'CustomerPayload') form.fill({ name: '', email: '', address: '' });
  else if (createCustomer) form.answered(problemsOf(createCustomer));
});
