import { Counter, Gauge, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { FromPrimary } from '../../src/workers/messages.ts';
import { SummedMetrics } from '../../src/workers/summed-metrics.ts';

/** A worker that answers, as long as it lives, what it has counted and what it has in hand. */
function aWorker(id: number, summed: SummedMetrics, { calls, inHand }: { calls: number; inHand: number }) {
  const registry = new Registry();
  const registers = [registry];
  const counter = new Counter({ name: 'calls_total', help: 'Calls.', labelNames: ['code'], registers });
  counter.inc({ code: 'OK' }, calls);
  new Gauge({ name: 'in_hand', help: 'In hand.', registers }).set(inHand);
  return {
    id,
    counter,
    say(message: FromPrimary) {
      if (message.kind !== 'ask for own metrics') throw new Error(`it was told ${message.kind}`);
      const { question } = message;
      void registry
        .getMetricsAsJSON()
        .then((metrics) => summed.hear(id, { kind: 'own metrics', question, metrics }));
    },
  };
}

const samples = (text: string) => text.split('\n').filter((line) => /^\w/.test(line));

it('Metrics of several workers are summed; one that has ended leaves what it counted, and nothing in hand', async () => {
  const summed = new SummedMetrics();
  const [one, two] = [
    aWorker(1, summed, { calls: 3, inHand: 1 }),
    aWorker(2, summed, { calls: 4, inHand: 2 }),
  ];
  expect(samples(await summed.collect([one, two]))).toEqual(['calls_total{code="OK"} 7', 'in_hand 3']);

  summed.forget(1);
  const three = aWorker(3, summed, { calls: 1, inHand: 5 });
  expect(samples(await summed.collect([two, three]))).toEqual(['calls_total{code="OK"} 8', 'in_hand 7']);

  summed.forget(2);
  summed.forget(3);
  const four = aWorker(4, summed, { calls: 1, inHand: 0 });
  four.counter.inc({ code: 'NOT_FOUND' });
  expect(samples(await summed.collect([four]))).toEqual([
    'calls_total{code="OK"} 9',
    'calls_total{code="NOT_FOUND"} 1',
    'in_hand 0',
  ]);
});

it('A worker that does not answer counts with what it told last', async () => {
  const summed = new SummedMetrics();
  const one = aWorker(1, summed, { calls: 3, inHand: 0 });
  await summed.collect([one]);

  const busy = { id: 1, say: () => {} };
  expect(samples(await summed.collect([busy]))).toContain('calls_total{code="OK"} 3');
});
