import type { Migration } from './migration.ts';

/**
 * Time-ordered ids (RFC 9562, version 7) made by the database, for rows that are written set-wise.
 *
 * `uuid_v7(at, seq)`: the milliseconds of `at`, then `seq` (0 to 2^26 - 1; higher bits are dropped) in rand_a
 * and the high bits of rand_b, then 48 random bits: rows numbered within one statement sort by their number.
 * `uuid_v7()`: the present moment to the microsecond, then 62 random bits.
 *
 * Written for speed: about 2 µs a call, of which half is `gen_random_uuid()`; by way of text it takes 3 to 4.
 * The first is SQL, so that the planner inlines it; the second needs the moment twice and is faster in PL/pgSQL.
 */
export const m0001UuidV7: Migration = {
  name: '0001_uuid_v7',
  sql: `
create function uuid_v7(at timestamptz, seq bigint) returns uuid
language sql volatile parallel safe as $$
  select encode(
    overlay(
      uuid_send(gen_random_uuid()) placing
        substring(int8send((date_part('epoch', at) * 1000000)::bigint / 1000) from 3)
        || int4send((((28672 | ((seq >> 14) & 4095)) << 16) | 32768 | (seq & 16383))::integer)
      from 1
    ),
    'hex'
  )::uuid
$$;

create function uuid_v7() returns uuid
language plpgsql volatile parallel safe as $$
declare
  micros bigint := date_part('epoch', clock_timestamp()) * 1000000;
begin
  return encode(
    overlay(
      uuid_send(gen_random_uuid()) placing
        int8send(((micros / 1000) << 16) | 28672 | (micros % 1000 * 4096 / 1000))
      from 1
    ),
    'hex'
  )::uuid;
end
$$;
`,
};
