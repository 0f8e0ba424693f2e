/** Text of SQL, made of names that the code declares and of nothing that anybody sends. */

export const quoted = (name: string): string => `"${name}"`;

export const list = (names: readonly string[]): string => names.map(quoted).join(', ');

/** The columns of one of the tables of a statement. */
export const columnsOf = (alias: string, names: readonly string[]): string =>
  names.map((name) => `${alias}.${quoted(name)}`).join(', ');

/** The value of the first condition that holds, else null; values are text. */
export function choice(options: readonly (readonly [condition: string, value: string])[]): string {
  if (options.length === 0) return 'null::text';
  return `case ${options.map(([condition, value]) => `when ${condition} then ${value}`).join(' ')} end`;
}
