/** What was said, also when that is nothing; else what is stored, which for a new row is nothing. */
export function said<T>(posted: T | null | undefined, stored: T | null | undefined): T | null {
  return posted === undefined ? (stored ?? null) : posted;
}
