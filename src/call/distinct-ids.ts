/** Ids of a filter as the database writes them, each once, in an order of their own. */
export function distinctIds(ids: readonly string[]): string[] {
  return [...new Set(ids.map((id) => id.toLowerCase()))].toSorted();
}
