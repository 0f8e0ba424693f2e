/**
 * Orders strings by their UTF-8 bytes, as PostgreSQL's collation "C" and Elixir do. JavaScript's `<` compares
 * UTF-16 units instead and puts U+FFxx after the emoji.
 */
export function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
