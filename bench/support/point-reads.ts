import type { DescMessage, DescMethodUnary, MessageInitShape } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import type { Child } from './child.ts';
import { LoadGenerator } from './load-generator.ts';
import {
  atLeast,
  interleaved,
  type Load,
  load,
  median,
  quantile,
  ratio,
  report,
  undisturbed,
} from './measure.ts';

const ROUNDS = 35;
const SLICE_MS = 300;
const WARM_UP_MS = 4000;

/** A server in a process of its own, and a call of it. */
export interface Side {
  readonly call: () => Promise<unknown>;
  readonly child: Child;
}

/** What is to be reached with so many calls in flight: the service's requests/s as a part of the peer's. */
export interface Target {
  readonly inFlight: number;
  readonly atLeast: number;
}

/** Calls of the service against calls of its peer, so many in flight: requests/s, latency and CPU time of each. */
export async function comparePointReads(
  figure: string,
  sides: { readonly service: Side; readonly peer: Side },
  targets: readonly Target[],
): Promise<void> {
  // Both sides reach their compiled code before anything counts.
  for (const { call } of Object.values(sides)) await load(call, 64, WARM_UP_MS);
  for (const { inFlight, atLeast: target } of targets) {
    const { service, peer } = await interleaved(ROUNDS, {
      service: () => slice(sides.service, inFlight),
      peer: () => slice(sides.peer, inFlight),
    });
    const [ms, peerMs] = [latencies(service), latencies(peer)];
    report(
      figure,
      {
        in_flight: inFlight,
        requests_per_second: median(service.map(rate)),
        peer_requests_per_second: median(peer.map(rate)),
        cpu_us: median(service.map(cpu)),
        peer_cpu_us: median(peer.map(cpu)),
        undisturbed_ms: undisturbed(ms),
        peer_undisturbed_ms: undisturbed(peerMs),
        p50_ms: quantile(ms, 0.5),
        peer_p50_ms: quantile(peerMs, 0.5),
        p99_ms: quantile(ms, 0.99),
        peer_p99_ms: quantile(peerMs, 0.99),
      },
      atLeast(
        `requests/s of the peer's, ${inFlight} in flight`,
        ratio(service.map(rate), peer.map(rate)),
        target,
      ),
    );
  }
}

/** Two gRPC servers, what both are asked, and the token that the service wants to see. */
export interface LoadedServers<I extends DescMessage> {
  readonly service: Child;
  readonly peer: Child;
  readonly method: DescMethodUnary<I, DescMessage>;
  readonly requests: readonly MessageInitShape<I>[];
  readonly token: Metadata;
}

/** {@link comparePointReads} with calls of a {@link LoadGenerator}, for more in flight than one caller has. */
export async function comparePointReadsUnderLoad<I extends DescMessage>(
  figure: string,
  { service, peer, method, requests, token }: LoadedServers<I>,
  target: Target,
): Promise<void> {
  await using toService = new LoadGenerator(service.ready.grpc ?? '');
  await using toPeer = new LoadGenerator(peer.ready.grpc ?? '');
  const sides = {
    service: { call: toService.calls(method, requests, token), child: service },
    peer: { call: toPeer.calls(method, requests), child: peer },
  };
  await comparePointReads(figure, sides, [target]);
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
