/** Why something failed, in one line: the first of what the error says. */
export function failureReason(error: unknown): string {
  // Node tries each address of a name and puts the failures into an AggregateError without a message.
  if (error instanceof AggregateError) return failureReason(error.errors[0]);
  return error instanceof Error ? error.message.split('\n', 1).join('') : String(error);
}
