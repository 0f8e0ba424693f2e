/** Most questions of one statement: further ones go into the next. */
const MOST_QUESTIONS = 500;
/** Of several statements that share the questions each takes at least so many: it has a cost of its own. */
const FEWEST_SPREAD = 8;
/** Statements under way at once: with fewer, a slow one holds up the others; with more, batches stay small under load. */
const LANES = 4;

/**
 * Collects the questions that are asked in one tick of the event loop, and those that come while all lanes are busy, and
 * answers them with few calls of `answer`, which must return one answer a question, in their order. When one fails, all
 * of its questions fail.
 *
 * Many at once are spread over the free lanes. Answered together they would be asked together again, by clients who all
 * wait while the database works and all come while it waits; spread, both have something to do.
 */
export function coalesced<Question, Answer>(
  answer: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): (question: Question) => Promise<Answer> {
  let waiting: Waiting<Question, Answer>[] = [];
  let underWay = 0;
  let isScheduled = false;

  function send(): void {
    isScheduled = false;
    while (waiting.length > 0 && underWay < LANES) {
      const statements = Math.min(LANES - underWay, Math.floor(waiting.length / FEWEST_SPREAD));
      const size = Math.min(Math.ceil(waiting.length / Math.max(statements, 1)), MOST_QUESTIONS);
      const batch = waiting.slice(0, size);
      waiting = waiting.slice(size);
      underWay += 1;
      void settle(batch).finally(() => {
        underWay -= 1;
        send();
      });
    }
  }

  async function settle(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await answer(batch.map(({ question }) => question));
      batch.forEach(({ resolve, reject }, index) => {
        const own = answers[index];
        if (own === undefined) reject(new Error('a question of the batch has no answer'));
        else resolve(own);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      if (isScheduled || underWay >= LANES) return;
      isScheduled = true;
      setImmediate(send);
    });
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}
