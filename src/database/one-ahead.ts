/**
 * The same values, each of which is made while the one before it is used: so the database works on the next rows while
 * this process writes the last ones. One value waits at most.
 */
export async function* oneAhead<T>(values: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = values.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = values.next();
      // Whoever asks for the next value hears of its failure; nobody may ask.
      next.catch(() => {});
      yield value;
    }
  } finally {
    await next.catch(() => {});
    await values.return(undefined);
  }
}
