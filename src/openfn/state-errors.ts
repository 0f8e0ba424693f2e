import { Failure } from '../call/failure.ts';

/** Errors as Lightning's API nests them: texts by field, and below sections (`workflows`, `jobs`, …) by name. */
export interface NestedErrors {
  readonly [key: string]: readonly string[] | NestedErrors;
}

/** Problems that are told of a document: each takes far more memory than what it is about. */
const MOST_PROBLEMS = 1000;

const NOT_ALL = `more may be wrong: only the first ${MOST_PROBLEMS} problems are told`;

/** What is wrong with one record of a document, and with the records in it. */
export class RecordErrors {
  /** Those of the whole document, which count. */
  readonly #whole: RecordErrors;
  #problems = 0;
  readonly #fields = new Map<string, string[]>();
  readonly #sections = new Map<string, { readonly name: () => string; readonly errors: RecordErrors }[]>();

  constructor(whole?: RecordErrors) {
    this.#whole = whole ?? this;
  }

  /** Whether enough is wrong with the document: the rest of it need not be looked at, and nothing more is told. */
  get areEnough(): boolean {
    return this.#whole.#problems >= MOST_PROBLEMS;
  }

  add(field: string, message: string): void {
    if (this.areEnough) return;
    this.#put(field, message);
    this.#whole.#problems += 1;
    if (this.areEnough) this.#whole.#put('base', NOT_ALL);
  }

  #put(field: string, message: string): void {
    const known = this.#fields.get(field);
    if (known === undefined) this.#fields.set(field, [message]);
    else if (!known.includes(message)) known.push(message);
  }

  /** @param name what people know the record by, once all of it was read */
  record(section: string, name: () => string): RecordErrors {
    const errors = new RecordErrors(this.#whole);
    const known = this.#sections.get(section);
    if (known === undefined) this.#sections.set(section, [{ name, errors }]);
    else known.push({ name, errors });
    return errors;
  }

  /** Everything that was found, without the records of which there is nothing to say; undefined when that is all. */
  nested(): NestedErrors | undefined {
    return RecordErrors.#together([this]);
  }

  /** What is wrong with records of one name: people know them by nothing else. */
  static #together(records: readonly RecordErrors[]): NestedErrors | undefined {
    const entries: [string, NestedErrors[string]][] = [];
    const fields = records.flatMap((record) => [...record.#fields]);
    for (const [field, found] of Map.groupBy(fields, ([name]) => name))
      entries.push([field, [...new Set(found.flatMap(([, texts]) => texts))]]);
    const sections = records.flatMap((record) => [...record.#sections]);
    for (const [section, found] of Map.groupBy(sections, ([name]) => name)) {
      const byName = Map.groupBy(
        found.flatMap(([, inside]) => inside),
        ({ name }) => name(),
      );
      const told = [...byName].flatMap(([name, alike]) => {
        const nested = RecordErrors.#together(alike.map(({ errors }) => errors));
        return nested === undefined ? [] : [[name, nested] as const];
      });
      if (told.length > 0) entries.push([section, Object.fromEntries(told)]);
    }
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
}

/** Carries the errors of a document to whoever answers its sender. */
export class InvalidState extends Error {
  readonly errors: NestedErrors;

  constructor(errors: NestedErrors) {
    super('the document is not valid');
    this.name = 'InvalidState';
    this.errors = errors;
  }
}

/**
 * Throws when there are errors.
 *
 * @throws Failure DOCUMENT_INVALID, caused by an {@link InvalidState}
 */
export function refuseInvalid(errors: RecordErrors): void {
  const nested = errors.nested();
  if (nested === undefined) return;
  throw new Failure(
    'invalid_argument',
    'DOCUMENT_INVALID',
    'the document is not valid; nothing was changed',
    {
      cause: new InvalidState(nested),
    },
  );
}
