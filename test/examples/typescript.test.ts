import { expect, it } from 'vitest';
import { run } from '../support/processes.ts';
import { startTestService } from '../support/service.ts';

it('the TypeScript example imports, provisions, and shows heads and an export', async () => {
  await using service = await startTestService();
  const env = { TOKEN: service.admin, GRPC_ADDRESS: new URL(service.grpcUrl).host };
  const { code, stdout, stderr } = await run(process.execPath, ['examples/typescript.ts'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /^imported community-health-demo with 3 workflows and 11 jobs\nhead of community-health-demo: [0-9a-f]{12}\nhead of try-it-out: [0-9a-f]{12}\n/,
  );
  expect(stdout).toContain('export of try-it-out:\nname: try-it-out\n');
});
