import { expect } from 'vitest';

/** Reads a list to its end; the rows page by page. */
export async function pagesOf<Answer extends { readonly nextPageToken: string }, Row>(
  list: (pageToken: string) => Promise<Answer>,
  rows: (answer: Answer) => readonly Row[],
): Promise<(readonly Row[])[]> {
  const pages: (readonly Row[])[] = [];
  let pageToken = '';
  do {
    const answer = await list(pageToken);
    pages.push(rows(answer));
    pageToken = answer.nextPageToken;
  } while (pageToken !== '');
  return pages;
}

/** Fails unless the pages hold what is expected, in this order, and all but the last are full. */
export function expectPages<Row>(
  pages: readonly (readonly Row[])[],
  pageSize: number,
  expected: readonly Row[],
): void {
  expect(pages.flat()).toEqual(expected);
  expect(pages.slice(0, -1).filter((page) => page.length !== pageSize)).toEqual([]);
}
