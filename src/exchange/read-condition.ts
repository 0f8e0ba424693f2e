import type { ConditionType, DocumentEdge, Place } from './document.ts';
import { type ProblemLog, quote } from './read-problems.ts';

const TYPES: readonly ConditionType[] = ['always', 'on_job_success', 'on_job_failure', 'js_expression'];

export type Condition = Pick<DocumentEdge, 'conditionType' | 'conditionExpression'>;

/** The condition type of that name, if there is one. */
export function conditionTypeOf(text: string): ConditionType | undefined {
  return TYPES.find((type) => type === text);
}

/** What an edge without a condition type means. */
export function conditionLeftOut(place: Place, key: string, log: ProblemLog): ConditionType {
  log.warning(place, 'MISSING_CONDITION', `edge ${quote(key)} has no condition: it is taken as always`);
  return 'always';
}

/** An edge that follows an expression must have one. A blank one is none, as it is for Lightning. */
export function requireExpression(condition: Condition, place: Place, key: string, log: ProblemLog): void {
  if (condition.conditionType !== 'js_expression' || condition.conditionExpression?.trim()) return;
  log.error(place, 'MISSING_EXPRESSION', `edge ${quote(key)} is a js_expression without an expression`);
}
