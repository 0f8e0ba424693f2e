import { refuse } from './failure.ts';

/** Translates between the texts that rows hold and the numbers of a protobuf enum. */
export interface EnumNames<Name extends string, Value extends number> {
  readonly names: readonly Name[];
  value(name: Name): Value;
  /** Undefined for UNSPECIFIED and for numbers that the enum does not have. */
  name(value: number): Name | undefined;
}

export function enumNames<Name extends string, Value extends number>(
  values: Readonly<Record<Name, Value>>,
): EnumNames<Name, Value> {
  const names = new Map<number, Name>();
  for (const name in values) names.set(values[name], name);
  return { names: [...names.values()], value: (name) => values[name], name: (value) => names.get(value) };
}

/**
 * The names that a filter lists, each once, in an order of their own. Throws INVALID_ARGUMENT for an entry that is
 * UNSPECIFIED.
 *
 * @param field the filter's name in the request
 */
export function filterNames<Name extends string, Value extends number>(
  names: EnumNames<Name, Value>,
  values: readonly Value[],
  field: string,
): Name[] {
  const found = values.map((value) => names.name(value));
  refuse(
    found.flatMap((name, index) =>
      name === undefined ? [{ field: `${field}[${index}]`, description: 'must not be UNSPECIFIED' }] : [],
    ),
  );
  return [...new Set(found.filter((name) => name !== undefined))].toSorted();
}
