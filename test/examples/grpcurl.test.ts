import { expect, it } from 'vitest';
import { run } from '../support/processes.ts';
import { startTestService } from '../support/service.ts';

it('the shell example creates, lists, reads the head of and exports a project with buf', async () => {
  await using service = await startTestService();
  const env = { TOKEN: service.admin, GRPC_ADDRESS: new URL(service.grpcUrl).host };
  const { code, stdout, stderr } = await run('examples/grpcurl.sh', ['buf'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

  const [, ...answers] = stdout.split(/^== .*\n/m);
  const [created, listed, head, ...chunks] = answers.flatMap(messages);
  expect(created.project).toMatchObject({ name: 'from-the-shell', color: '#1f7a8c' });
  expect(listed.projects).toMatchObject([{ id: created.project.id }]);
  expect(head).toEqual({ headHash: created.project.headHash });
  const document = chunks.map(({ chunk }) => Buffer.from(chunk, 'base64').toString()).join('');
  expect(document).toMatch(/^name: from-the-shell\n(.*\n)*workflows: null\n$/);
});

it('the shell example asks for a token when it has none', async () => {
  const { code, stderr } = await run('examples/grpcurl.sh', ['buf']);
  expect(code).not.toBe(0);
  expect(stderr).toContain('export the token that npm start printed');
});

/** The JSON documents of one answer, on one line or on several each. */
function messages(answer: string) {
  return answer
    .trim()
    .split(/(?<=})\n(?={)/)
    .map((text) => JSON.parse(text));
}
