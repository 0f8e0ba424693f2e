/**
 * Reads a generated document of so many bytes and tells how many workflows it had. Run by itself, so that a test
 * can give it a small heap.
 */
import { readDocument } from '../../../src/exchange/read-document.ts';

const [size = 0] = process.argv.slice(2).map(Number);

function workflow(index: number): string {
  const key = `a-workflow-with-quite-a-long-key-${index}`;
  const body = '          fn(state => ({ ...state, data: state.data.map((item) => item.id) }));\n'.repeat(60);
  const jobs = ['one', 'two', 'three'].map(
    (name) => `      ${name}:\n        name: ${name}\n        adaptor: x\n        body: |\n${body}`,
  );
  return `  ${key}:\n    name: ${key}\n    jobs:\n${jobs.join('')}`;
}

async function* source(): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode('name: large\nworkflows:\n');
  let sent = 0;
  for (let index = 0; sent < size; index += 1) {
    const bytes = encoder.encode(workflow(index));
    sent += bytes.length;
    yield bytes;
  }
}

let workflows = 0;
let problems = 0;
for await (const part of readDocument(source())) {
  if (part.kind === 'workflow') workflows += 1;
  if (part.kind === 'problem') problems += 1;
}
process.stdout.write(JSON.stringify({ workflows, problems }));
