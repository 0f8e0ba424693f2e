import type { KeptHistory, Periods, Rest } from './kept-history.ts';

/** What a project keeps after a clean-up, by the rules as they are written, one after the other. */
export function whatIsKept(history: KeptHistory, periods: Periods): Rest {
  const { workOrders, runs, steps, snapshots, dataclips, files } = history;
  const isPast = (age: number) => periods.history !== null && age > periods.history;

  const keptOrders = new Set([...workOrders.keys()].filter((place) => !isPast(workOrders[place]?.age ?? 0)));
  const keptRuns = new Set([...runs.keys()].filter((place) => keptOrders.has(runs[place]?.workOrder ?? -1)));
  // A step goes with its last run; one that never had any goes when it is old.
  const keptSteps = new Set(
    [...steps.keys()].filter((place) => {
      const { age = 0, runs: own = [] } = steps[place] ?? {};
      return own.some((run) => keptRuns.has(run)) || (own.length === 0 && !isPast(age));
    }),
  );

  const neededSnapshots = new Set([
    ...[...keptOrders].map((place) => workOrders[place]?.snapshot),
    ...[...keptRuns].map((place) => runs[place]?.snapshot),
    ...[...keptSteps].map((place) => steps[place]?.snapshot),
  ]);
  const neededDataclips = new Set([
    ...[...keptOrders].map((place) => workOrders[place]?.dataclip),
    ...[...keptRuns].map((place) => runs[place]?.dataclip),
    ...[...keptSteps].flatMap((place) => [steps[place]?.input, steps[place]?.output]),
  ]);
  const cleansUp = periods.history !== null;
  return {
    workOrders: workOrders.map((_, place) => (keptOrders.has(place) ? true : null)),
    runs: runs.map(({ logLines }, place) => (keptRuns.has(place) ? logLines : null)),
    steps: steps.map((step, place) =>
      keptSteps.has(place) ? step.runs.filter((run) => keptRuns.has(run)).toSorted((a, b) => a - b) : null,
    ),
    snapshots: snapshots.map(({ lockVersion }, place) =>
      cleansUp && lockVersion !== 3 && !neededSnapshots.has(place) ? null : true,
    ),
    dataclips: dataclips.map(({ age, isNamed, isWiped }, place) => {
      if (isPast(age) && !isNamed && !neededDataclips.has(place)) return null;
      const isEmptied = periods.dataclips !== null && age > periods.dataclips && !isNamed;
      return isWiped || isEmptied ? 'wiped' : 'whole';
    }),
    files: files.map(({ age }) => (isPast(age) ? null : true)),
  };
}
