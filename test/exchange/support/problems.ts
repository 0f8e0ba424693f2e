import { ConnectError } from '@connectrpc/connect';
import { BadRequestSchema } from '../../../src/gen/google/rpc/error_details_pb.ts';
import type { ImportProjectResponse } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';

/** The problems of a document that a call was refused for, as `reason line:column path`. */
export async function problemsOf(call: Promise<unknown>): Promise<string[]> {
  try {
    await call;
  } catch (error) {
    const [request] = ConnectError.from(error).findDetails(BadRequestSchema);
    if (request === undefined) throw error;
    return request.fieldViolations.map(
      ({ reason, description, field }) => `${reason} ${description.split(' ', 1)} ${field}`,
    );
  }
  throw new Error('the document was imported');
}

/** What an import passed over, in the same form. */
export function warningsOf({ warnings }: Pick<ImportProjectResponse, 'warnings'>): string[] {
  return warnings.map(({ reason, line, column, path }) => `${reason} ${line}:${column} ${path}`);
}
