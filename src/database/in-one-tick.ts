/** Most questions of one statement: more of the same tick go into the next one. */
const MOST = 500;

/**
 * Collects the questions that are asked in one tick of the event loop and answers them with one call of `answer`,
 * which must return one answer a question, in their order. When it fails, all of its questions fail.
 */
export function inOneTick<Question, Answer>(
  answer: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): (question: Question) => Promise<Answer> {
  let waiting: Waiting<Question, Answer>[] = [];

  async function send(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
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

  function sendAll(): void {
    const all = waiting;
    waiting = [];
    for (let start = 0; start < all.length; start += MOST) void send(all.slice(start, start + MOST));
  }

  return (question) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(sendAll);
      waiting.push({ question, resolve, reject });
    });
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}
