import { type RawBuilder, sql } from 'kysely';

/**
 * Marks a statement to be prepared under a name on each connection that it runs on: from the second time on it is not
 * parsed again, and as soon as PostgreSQL finds that to be no worse, not planned again. For reads that are small and
 * frequent; the name stands for one text. Behind a pooler of transactions the mark means nothing.
 *
 * The mark is a comment, since Kysely has no other place for it on the way to the driver.
 */
export function prepared<Row>(name: string, statement: RawBuilder<Row>): RawBuilder<Row> {
  return sql`${sql.raw(preparedText(name, ''))}${statement}`;
}

/** The same of a statement that is text already. */
export function preparedText(name: string, text: string): string {
  return `/* prepared ${name} */ ${text}`;
}

const MARK = /^\/\* prepared ([\w ]+) \*\//;

/** The name that a statement is to be prepared under; undefined for all others. */
export function preparedName(text: string): string | undefined {
  return MARK.exec(text)?.[1];
}
