import type { Registry } from 'prom-client';
import type { Address } from '../settings.ts';

/** What a process counted, as it goes from process to process. */
export type Metrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** What a worker says to the primary process. */
export type FromWorker =
  | { readonly kind: 'ready'; readonly grpcAddress: Address; readonly httpAddress: Address }
  /** It cannot start, for a reason that whoever runs the service can put right. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'own metrics'; readonly question: number; readonly metrics: Metrics }
  | { readonly kind: 'ask for all metrics'; readonly question: number };

/** What the primary process says to a worker. */
export type FromPrimary =
  | { readonly kind: 'stop' }
  | { readonly kind: 'ask for own metrics'; readonly question: number }
  | { readonly kind: 'all metrics'; readonly question: number; readonly text: string };
