import sql from 'sql-template-tag'

/** How long an earlier address may take a change of the address back. */
export const undoHours = 72

/**
 * Whether the account `u` has had its address, confirmed, for as long as an earlier address may take it back.
 */
export const isLongProven = sql`(u."emailVerified" and not exists (
  select from "formerEmail" f
   where f."userId" = u.id and f."changedAt" > now() - make_interval(hours => ${undoHours})))`

/** A link to the address removes factors of the account `u` that were added since, if `areRecentRemovable`. */
export const recentSince = sql`(now() - make_interval(hours => ${undoHours}))`

/**
 * Whether the recent factors of the account `u` may be a thief's who knew the password alone. Beside an older factor, or
 * after the removal of one, they are the owner's: both need a session with a factor.
 */
export const areRecentRemovable = sql`(coalesce(u."factorRemovedAt" < ${recentSince}, true)
  and not exists (select from totp t where t."userId" = u.id and t."confirmedAt" < ${recentSince})
  and not exists (select from passkey p where p."userId" = u.id and p."createdAt" < ${recentSince}))`
