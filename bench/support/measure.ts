/** The middle one of some numbers; of an even count the upper of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** A figure on a line of its own, for programs to read. */
export function report(figure: string, values: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ figure, ...values })}\n`);
}

export function rounded(value: number, digits = 3): number {
  return Number(value.toPrecision(digits));
}

/** Keeps `inFlight` calls going for `ms` milliseconds and tells how many were answered, and how long each took. */
export async function load(
  call: () => Promise<unknown>,
  inFlight: number,
  ms: number,
): Promise<{ readonly calls: number; readonly seconds: number; readonly latencies: number[] }> {
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + ms;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < end) {
        const before = performance.now();
        await call();
        latencies.push(performance.now() - before);
      }
    }),
  );
  return { calls: latencies.length, seconds: (performance.now() - start) / 1000, latencies };
}
