/** Translates between the texts that rows hold and the numbers of a protobuf enum. */
export interface EnumNames<Name extends string, Value extends number> {
  value(name: Name): Value;
  /** Undefined for UNSPECIFIED and for numbers that the enum does not have. */
  name(value: number): Name | undefined;
}

export function enumNames<Name extends string, Value extends number>(
  values: Readonly<Record<Name, Value>>,
): EnumNames<Name, Value> {
  const names = new Map<number, Name>();
  for (const name in values) names.set(values[name], name);
  return { value: (name) => values[name], name: (value) => names.get(value) };
}
