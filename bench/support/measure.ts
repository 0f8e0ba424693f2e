/** The middle one of some numbers; of an even count the upper of the two. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The latency that nine of ten calls exceed: about what a call takes while the machine does nothing else. */
export function undisturbed(latencies: readonly number[]): number {
  return quantile(latencies, 0.1);
}

/** The value that such a share of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

/** What a figure is to reach. */
export interface Goal {
  readonly what: string;
  readonly value: number;
  readonly target: string;
  readonly met: boolean;
}

export function atLeast(what: string, value: number, bound: number): Goal {
  return { what, value: rounded(value), target: `at least ${bound}`, met: value >= bound };
}

export function atMost(what: string, value: number, bound: number): Goal {
  return { what, value: rounded(value), target: `at most ${bound}`, met: value <= bound };
}

/** One result of a figure. */
export interface Line {
  readonly figure: string;
  readonly values: Readonly<Record<string, string | number>>;
  readonly goals: readonly Goal[];
}

/** What was reported so far, oldest first. */
export const reported: Line[] = [];

/** A figure on a line of its own, for programs to read. */
export function report(figure: string, values: Line['values'], ...goals: readonly Goal[]): void {
  const shown = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? rounded(value) : value]),
  );
  reported.push({ figure, values: shown, goals });
  const told = goals.length === 0 ? {} : { goals };
  process.stdout.write(`${JSON.stringify({ figure, ...shown, ...told })}\n`);
}

export function rounded(value: number, digits = 3): number {
  return Number(value.toPrecision(digits));
}

/**
 * Runs every side once a round, one after the other, so that what else the machine does meets them alike: the answers
 * of each side in the order of the rounds.
 */
export async function interleaved<Side extends string, T>(
  rounds: number,
  sides: Readonly<Record<Side, (round: number) => Promise<T>>>,
): Promise<Record<Side, T[]>> {
  const names = Object.keys(sides) as Side[];
  const answers = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<Side, T[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) answers[name].push(await sides[name](round));
  }
  return answers;
}

/** The middle one of the rounds' ratios of one side to the other. */
export function ratio(numerators: readonly number[], denominators: readonly number[]): number {
  return median(numerators.map((value, round) => value / (denominators[round] ?? Number.NaN)));
}

/** Milliseconds that something takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export interface Load {
  readonly calls: number;
  readonly seconds: number;
  /** Milliseconds of each call. */
  readonly latencies: number[];
}

/** Keeps `inFlight` calls going for `ms` milliseconds and tells how many were answered, and how long each took. */
export async function load(call: () => Promise<unknown>, inFlight: number, ms: number): Promise<Load> {
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + ms;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < end) latencies.push(await timed(call));
    }),
  );
  return { calls: latencies.length, seconds: (performance.now() - start) / 1000, latencies };
}

/**
 * How long each of some calls takes while the machine does nothing else, one at a time, round by round: see
 * {@link undisturbed}. All are called for `warmUpMs` first, so that each reaches its compiled code before it counts.
 */
export async function undisturbedRounds<Name extends string>(
  calls: Readonly<Record<Name, () => Promise<unknown>>>,
  {
    rounds,
    sliceMs,
    warmUpMs,
  }: { readonly rounds: number; readonly sliceMs: number; readonly warmUpMs: number },
): Promise<Record<Name, number[]>> {
  const sides = {} as Record<Name, () => Promise<number>>;
  for (const name of Object.keys(calls) as Name[]) {
    await load(calls[name], 1, warmUpMs);
    sides[name] = async () => undisturbed((await load(calls[name], 1, sliceMs)).latencies);
  }
  return await interleaved(rounds, sides);
}
