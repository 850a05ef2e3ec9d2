// A form whose refusals stand at their fields.

export interface Problem {
  path: string[];
  message: string;
}

export class RefusableForm {
  #eventId = crypto.randomUUID();

  constructor(readonly element: HTMLFormElement) {
    // Another content is another event. The same content, sent again, is the same one.
    element.addEventListener('input', () => (this.#eventId = crypto.randomUUID()));
  }

  /** Makes sending again safe: the gateway answers the same id with the first result. */
  get eventId(): string {
    return this.#eventId;
  }

  /** The text of a field; null if it is empty. */
  value(name: string): string | null {
    return this.#input(name)?.value || null;
  }

  fill(values: Record<string, string | null>): void {
    for (const [name, value] of Object.entries(values)) {
      const input = this.#input(name);
      if (input) input.value = value ?? '';
    }
    this.answered([]);
  }

  /** Shows the problems of an answer: each at its field, or below the form if it has none. */
  answered(problems: Problem[]): void {
    this.#eventId = crypto.randomUUID();
    this.show(problems);
  }

  show(problems: Problem[]): void {
    const left = new Set(problems);
    for (const input of this.element.querySelectorAll('input')) {
      const own = problems.filter((each) => each.path[0] === input.name);
      own.forEach((each) => left.delete(each));
      input.setAttribute('aria-invalid', String(own.length > 0));
      input.nextElementSibling!.textContent = own.map((each) => each.message).join('; ');
    }
    const below = this.element.querySelector<HTMLElement>('[data-form]')!;
    below.textContent = [...left].map((each) => each.message).join('; ');
    this.element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  /** Sends the content with `act`, each time that the user submits it. */
  onSubmit(act: () => Promise<void>): void {
    this.element.addEventListener('submit', async (event) => {
      event.preventDefault();
      try {
        await act();
      } catch (error) {
        this.show([{ path: [], message: `Not sent, try again: ${error instanceof Error ? error.message : error}` }]);
      }
    });
  }

  #input(name: string): HTMLInputElement | null {
    return this.element.querySelector(`input[name="${name}"]`);
  }
}

/** The problems of a result that is a refusal. */
export function problemsOf(refusal: { message: string; problems?: Problem[] }): Problem[] {
  return refusal.problems ?? [{ path: [], message: refusal.message }];
}
