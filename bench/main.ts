import { appendProjectHeadFigure } from './append-project-head.ts';
import { compareMergeFigure } from './compare-merge.ts';
import { deleteProjectFigure } from './delete-project.ts';
import { enforceRetentionFigure } from './enforce-retention.ts';
import { exportProjectFigure } from './export-project.ts';
import { getMemberRoleFigure } from './get-member-role.ts';
import { getProjectFigure } from './get-project.ts';
import { getProjectHeadFigure } from './get-project-head.ts';
import { httpListenerFigure } from './http-listener.ts';
import { importProjectFigure } from './import-project.ts';
import { listPagesFigure } from './list-pages.ts';
import { provisionSandboxFigure } from './provision-sandbox.ts';
import { provisioningApiFigure } from './provisioning-api.ts';
import { recordHistoryFigure } from './record-history.ts';
import { reported } from './support/measure.ts';
import { keepResult } from './support/results.ts';
import { writeResultsPage } from './support/results-page.ts';
import { watchProjectsFigure } from './watch-projects.ts';
import { workersFigure } from './workers.ts';

/** Every figure by its name; `npm run bench` runs all, `npm run bench -- NAME …` those named. */
const figures: Readonly<Record<string, () => Promise<void>>> = {
  'get-project': getProjectFigure,
  'get-member-role': getMemberRoleFigure,
  'get-project-head': getProjectHeadFigure,
  'append-project-head': appendProjectHeadFigure,
  'http-listener': httpListenerFigure,
  'export-project': exportProjectFigure,
  'import-project': importProjectFigure,
  'provision-sandbox': provisionSandboxFigure,
  'compare-merge': compareMergeFigure,
  'provisioning-api': provisioningApiFigure,
  'list-pages': listPagesFigure,
  'delete-project': deleteProjectFigure,
  'enforce-retention': enforceRetentionFigure,
  'record-history': recordHistoryFigure,
  'watch-projects': watchProjectsFigure,
  workers: workersFigure,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in figures));
if (unknown.length > 0) {
  process.stderr.write(`no figure ${unknown.join(', ')}; there are ${Object.keys(figures).join(', ')}\n`);
  process.exit(1);
}
for (const [name, run] of Object.entries(figures)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`measuring ${name}\n`);
  const before = reported.length;
  await run();
  await keepResult(name, reported.slice(before));
  await writeResultsPage(Object.keys(figures));
}
process.exit(0);
