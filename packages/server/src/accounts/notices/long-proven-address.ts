import sql from 'sql-template-tag'

/** How long an earlier address may take a change of the address back. */
export const undoHours = 72

const undoInterval = sql`make_interval(hours => ${undoHours})`

/**
 * Since when the account `u` has had its address, confirmed. One that was confirmed before the time of it was stored
 * counts from the account's creation: `updatedAt` is no better, because whoever has the account can renew it.
 */
const provenSince = sql`greatest(coalesce(u."emailVerifiedAt", u."createdAt"),
  (select max(f."changedAt") from "formerEmail" f where f."userId" = u.id))`

/**
 * Whether the account `u` has had its address, confirmed, for as long as an earlier address may take it back.
 */
export const isLongProven = sql`(u."emailVerified" and ${provenSince} <= now() - ${undoInterval})`

/**
 * A link to the address of the account `u` removes factors that were added since, if `areRecentRemovable`. While the
 * address was not proven for long, no link did. So for as long after that, what was recent when the account got the
 * address, and what was added since then, is recent.
 */
export const recentSince = sql`(case when u."emailVerified" and ${provenSince} > now() - 2 * ${undoInterval}
  then ${provenSince} else now() end - ${undoInterval})`

/**
 * Whether the recent factors of the account `u` may be a thief's who knew the password alone. Beside an older factor,
 * or after the removal of one, they are the owner's: both need a session with a factor. Of a removal that another
 * session followed, nothing is known any more: see `noteAddition`.
 */
export const areRecentRemovable = sql`(coalesce(u."factorRemovedAt" < ${recentSince}, true)
  and not exists (select from totp t where t."userId" = u.id and t."confirmedAt" < ${recentSince})
  and not exists (select from passkey p where p."userId" = u.id and p."createdAt" < ${recentSince}))`
