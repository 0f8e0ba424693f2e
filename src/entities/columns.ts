import { p } from '@mikro-orm/core';
import { v7 } from '../database/uuid.ts';

/** The key of a row: a version 7 UUID, known as soon as the entity is created. */
export const id = () =>
  p
    .uuid()
    .primary()
    .defaultRaw('uuid_v7()')
    .onCreate(() => v7());

/** Text that lists sort by: bytewise, the same on every server. */
export const sortableText = () => p.text().collation('C');

/** A moment. The database keeps microseconds; a Date shows its milliseconds. */
export const moment = () => p.datetime(6);

export const insertedAt = () =>
  moment()
    .defaultRaw('now()')
    .onCreate(() => new Date());

export const updatedAt = () =>
  moment()
    .defaultRaw('now()')
    .onCreate(() => new Date())
    .onUpdate(() => new Date());
