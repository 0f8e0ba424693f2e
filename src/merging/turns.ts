import { setImmediate } from 'node:timers/promises';
import { type Content, weightOf } from '../workflows/workflow-batches.ts';

/** The weight of workflows after which others have their turn: comparing them takes some milliseconds. */
const TURN_WEIGHT = 64 * 1024;

/** Leaves others their turn whenever enough was done with workflows. */
export class Turns {
  #done = 0;

  async after(workflow: Content): Promise<void> {
    this.#done += weightOf(workflow);
    if (this.#done < TURN_WEIGHT) return;
    this.#done = 0;
    await setImmediate();
  }
}
