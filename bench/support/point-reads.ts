import type { Child } from './child.ts';
import { interleaved, type Load, load, median, ratio, report, rounded, undisturbed } from './measure.ts';

const ROUNDS = 15;
const SLICE_MS = 700;
const WARM_UP_MS = 4000;

/** A server in a process of its own, and a call of it. */
export interface Side {
  readonly call: () => Promise<unknown>;
  readonly child: Child;
}

/** Calls of the service against calls of its peer, so many in flight: requests/s, latency and CPU time of each. */
export async function comparePointReads(
  figure: string,
  sides: { readonly service: Side; readonly peer: Side },
  inFlights: readonly number[],
  target: number,
): Promise<void> {
  // Both sides reach their compiled code before anything counts.
  for (const { call } of Object.values(sides)) await load(call, 64, WARM_UP_MS);
  for (const inFlight of inFlights) {
    const slices = await interleaved(ROUNDS, {
      service: () => slice(sides.service, inFlight),
      peer: () => slice(sides.peer, inFlight),
    });
    report(figure, {
      in_flight: inFlight,
      requests_per_second: rounded(median(slices.service.map(rate))),
      peer_requests_per_second: rounded(median(slices.peer.map(rate))),
      ratio: rounded(ratio(slices.service.map(rate), slices.peer.map(rate))),
      target,
      undisturbed_ms: rounded(undisturbed(latencies(slices.service))),
      peer_undisturbed_ms: rounded(undisturbed(latencies(slices.peer))),
      cpu_us_per_request: rounded(median(slices.service.map(cpu))),
      peer_cpu_us_per_request: rounded(median(slices.peer.map(cpu))),
    });
  }
}

interface Slice extends Load {
  readonly cpuSeconds: number;
}

async function slice(side: Side, inFlight: number): Promise<Slice> {
  const before = await side.child.usage();
  const result = await load(side.call, inFlight, SLICE_MS);
  const after = await side.child.usage();
  return { ...result, cpuSeconds: after.cpuSeconds - before.cpuSeconds };
}

function rate({ calls, seconds }: Slice): number {
  return calls / seconds;
}

/** Microseconds of CPU a call. */
function cpu({ calls, cpuSeconds }: Slice): number {
  return (cpuSeconds / calls) * 1e6;
}

function latencies(slices: readonly Slice[]): number[] {
  return slices.flatMap((slice) => slice.latencies);
}
