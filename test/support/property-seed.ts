import fc from 'fast-check';

/**
 * Properties try the same cases every time, so that a change is judged by what it changes. `PROPERTY_SEED=random` looks
 * for new ones, any number repeats a failure, which prints its own.
 */
const seed = process.env.PROPERTY_SEED ?? '20261125';
if (seed !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
