import sql from 'sql-template-tag'
import { undoHours } from './email-links.ts'

/**
 * Whether the account `u` has had its address, confirmed, for as long as an earlier address may take it back.
 */
export const isLongProven = sql`(u."emailVerified" and not exists (
  select from "formerEmail" f
   where f."userId" = u.id and f."changedAt" > now() - make_interval(hours => ${undoHours})))`
