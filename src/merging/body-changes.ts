import { type Effort, type LineChange, textChanges } from './line-changes.ts';

/** Bytes of a body that is compared line by line, and of lines after which those of a workflow are left out. */
export const LINES_LIMIT = 1024 * 1024;

/** Of the bodies of one workflow, some 50 ms: nothing else happens in this process meanwhile. */
export const WORKFLOW_EFFORT = 10_000_000;

/** Compares the bodies of a workflow's jobs, as long as what it tells does not get out of hand. */
export class BodyChanges {
  /** Bytes of the lines told so far. */
  told = 0;
  readonly effort: Effort = { left: WORKFLOW_EFFORT };

  /** What differs, from top to bottom; undefined where it is left out. */
  between(target: string, source: string): LineChange[] | undefined {
    const isLong = (body: string) => Buffer.byteLength(body) > LINES_LIMIT;
    if (this.told >= LINES_LIMIT || isLong(target) || isLong(source)) return undefined;
    const changes = textChanges(target, source, this.effort);
    for (const lines of changes.flatMap(({ beforeLines, afterLines }) => [beforeLines, afterLines]))
      this.told += Buffer.byteLength(lines.join('\n')) + Math.min(lines.length, 1);
    return changes;
  }
}
