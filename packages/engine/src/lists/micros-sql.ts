import sql, { type Sql } from 'sql-template-tag'

// Cursors carry times as microseconds since 1970, in text: a Date would drop PostgreSQL's last three digits.

/** A time as a cursor's part. */
export function microsOf(time: Sql): Sql {
  return sql`(extract(epoch from ${time}) * 1000000)::bigint::text`
}

/** A cursor's part as a time. */
export function timeOfMicros(micros: string): Sql {
  return sql`(timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond')`
}
