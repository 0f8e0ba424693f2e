import Project from '@openfn/project';
import type { State } from './provisioning.ts';

/** A state as OpenFn's library reads it. It takes lists where its types have maps. */
export function readState(state: State): Promise<Project> {
  return Project.from('state', state as never, {}, { format: 'json' });
}

/** What the library would post: maps of workflows, jobs, triggers and edges. */
export function serialized(project: Project): object {
  const state = project.serialize('state', { format: 'json' });
  if (typeof state === 'string') throw new Error('the library wrote YAML');
  return state;
}
