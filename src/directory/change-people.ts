import { violatedConstraint } from '../database/sql-state.ts';

/**
 * Makes a change of the directory's people, and once more when one of the addresses was registered meanwhile
 * by somebody who does not lock the directory, as imports do: the second time it sees the row.
 */
export async function changePeople<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (violatedConstraint(error) !== 'users_email_index') throw error;
    return await change();
  }
}
