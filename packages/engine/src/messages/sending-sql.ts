import sql, { type Sql } from 'sql-template-tag'

/** Names a sending of a message: the second since 1970 in which the clinic sent it again; null: the first sending. */
export function sendingOf(sentAgainAt: Sql): Sql {
  return sql`floor(extract(epoch from ${sentAgainAt}))::bigint::text`
}
