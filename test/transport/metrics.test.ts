import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { callMetrics } from '../../src/transport/metrics.ts';

it('counts and times calls by method and code', async () => {
  const registry = new Registry();
  const observe = callMetrics(registry);

  observe('EchoService.Say', 'OK', 0.25);
  observe('EchoService.Say', 'OK', 0.5);
  observe('EchoService.Say', 'NOT_FOUND', 0.001);

  const text = await registry.metrics();
  expect(text).toContain('rpc_server_duration_seconds_count{method="EchoService.Say",code="OK"} 2');
  expect(text).toContain('rpc_server_duration_seconds_sum{method="EchoService.Say",code="OK"} 0.75');
  expect(text).toContain('rpc_server_duration_seconds_count{method="EchoService.Say",code="NOT_FOUND"} 1');
});
