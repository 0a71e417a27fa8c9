import sql from 'sql-template-tag'

/** How long an earlier address may take a change of the address back. */
export const undoHours = 72

/**
 * Whether the account `u` has had its address, confirmed, for as long as an earlier address may take it back.
 */
export const isLongProven = sql`(u."emailVerified" and not exists (
  select from "formerEmail" f
   where f."userId" = u.id and f."changedAt" > now() - make_interval(hours => ${undoHours})))`
