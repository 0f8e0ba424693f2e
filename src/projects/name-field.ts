import { nameTaken } from '../database/failures.ts';
import { violatedConstraint } from '../database/sql-state.ts';

/** Does the work of a request that has the project's name in this field, and not in one of a project. */
export async function withNameField<Result>(field: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw violatedConstraint(error) === 'projects_unique_child_name' ? nameTaken(field) : error;
  }
}
