import { isScalar } from 'yaml';
import type { DocumentEdge } from './document.ts';
import { codeOf } from './read-body.ts';
import { type Condition, conditionLeftOut, conditionTypeOf, requireExpression } from './read-condition.ts';
import { Fields } from './read-fields.ts';
import { endsOf, type Nodes } from './read-graph.ts';
import { entriesOf, entryPlaceOf, isNone, type Reference, referenceOf, type Value } from './read-value.ts';
import { NAME_LENGTH } from './text-lengths.ts';

/** How the drafts of the format write a condition that has a name of its own. */
const WRITTEN_AS_CODE: ReadonlyMap<string, DocumentEdge['conditionType']> = new Map([
  ['true', 'always'],
  ['!state.errors', 'on_job_success'],
  ['!!state.errors', 'on_job_failure'],
]);

/** The CLI's name of an edge that is never followed: here an expression that is never true. */
const NEVER: Condition = { conditionType: 'js_expression', conditionExpression: 'false' };

/** Where edges come from. */
export interface EdgeSource {
  readonly key: string;
  readonly isTrigger: boolean;
  readonly fields: Fields;
}

/**
 * The edges that lead out of a step: `next` is the key of one target, or a mapping of targets to `true`, a
 * condition, or `{condition, expression, label, disabled}`. A condition that is no known name is an expression.
 */
export function readNext(source: EdgeSource, next: Value | undefined, nodes: Nodes): DocumentEdge[] {
  if (next === undefined) return [];
  if (isScalar(next.node)) {
    const target = referenceOf(next);
    return target === undefined ? [] : connect(source, target, ALWAYS, nodes);
  }
  return [...entriesOf(next)].flatMap(([key, value]) => {
    const target = { key, place: entryPlaceOf(value) };
    return connect(source, target, readEdge(`${source.key}->${key}`, value), nodes);
  });
}

type EdgeSettings = Condition & Pick<DocumentEdge, 'conditionLabel' | 'enabled'>;

const ALWAYS: EdgeSettings = {
  conditionType: 'always',
  conditionExpression: null,
  conditionLabel: null,
  enabled: true,
};

function connect(
  { key, isTrigger, fields }: EdgeSource,
  target: Reference,
  settings: EdgeSettings,
  nodes: Nodes,
): DocumentEdge[] {
  const source = { key, place: fields.place };
  const named = {
    sourceTrigger: isTrigger ? source : undefined,
    sourceJob: isTrigger ? undefined : source,
    target,
  };
  const edgeKey = `${key}->${target.key}`;
  const ends = endsOf(edgeKey, target.place, named, nodes, fields.log);
  return ends === undefined ? [] : [{ key: edgeKey, ...ends, ...settings }];
}

function readEdge(key: string, value: Value): EdgeSettings {
  if (isScalar(value.node) && !isNone(value)) {
    const condition = readCondition(value, undefined);
    requireExpression(condition, entryPlaceOf(value), key, value.source.log);
    return { ...ALWAYS, ...condition };
  }
  const fields = Fields.of(value);
  const written = fields.take('condition');
  const condition =
    written === undefined
      ? { conditionType: conditionLeftOut(fields.place, key, fields.log), conditionExpression: null }
      : readCondition(written, fields);
  requireExpression(condition, fields.place, key, fields.log);
  const settings = {
    ...condition,
    conditionLabel: fields.text('label', NAME_LENGTH) ?? null,
    enabled: fields.flag('disabled') !== true,
  };
  fields.ignore(['openfn']);
  fields.warnOfOthers();
  return settings;
}

/** Whether a condition written as this code is taken for something else than an expression. */
export function isNamedCondition(code: string): boolean {
  const text = code.trim();
  return (
    ['', 'never', 'false'].includes(text) || WRITTEN_AS_CODE.has(text) || conditionTypeOf(text) !== undefined
  );
}

/** @param fields where an expression may stand beside a condition that has a name */
function readCondition(value: Value, fields: Fields | undefined): Condition {
  const code = codeOf(value) ?? '';
  if (code === 'never' || code === 'false') return NEVER;
  const named = WRITTEN_AS_CODE.get(code) ?? conditionTypeOf(code);
  if (named === undefined) return { conditionType: 'js_expression', conditionExpression: code };
  const expression = fields?.take('expression');
  const conditionExpression = expression === undefined ? null : (codeOf(expression) ?? null);
  return { conditionType: named, conditionExpression };
}
