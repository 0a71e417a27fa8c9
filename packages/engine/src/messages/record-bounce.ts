import type pg from 'pg'
import sql from 'sql-template-tag'
import { clinicNoIn } from '../model/id.ts'
import type { MessageFailure } from '../model/message.ts'

/** A mail server has accepted an e-mail, and reports later that it could not be delivered. */
export type Bounce = {
  messageId: string
  /** Of the recipients that the report names, as {@link Message.maskedAddress} has them. */
  maskedAddresses: readonly string[]
  failure: Extract<MessageFailure, 'address_refused' | 'refused' | 'unavailable'>
  /** The codes of the report; null: it has none. */
  result: string | null
}

/**
 * Records that an e-mail that was sent did not arrive. Idempotent.
 *
 * @returns `unchanged`: it was recorded before. `missing`: there is no such e-mail that was sent to such an address
 */
export async function recordBounce(pool: pg.Pool, bounce: Bounce): Promise<'recorded' | 'unchanged' | 'missing'> {
  const { messageId, maskedAddresses, failure, result } = bounce
  const clinicNo = clinicNoIn(messageId)
  if (clinicNo === null) return 'missing'
  const isOfMail = sql`clinic_no = ${clinicNo} and id = ${messageId} and channel = 'email'
    and lower(masked_address) = any (${maskedAddresses.map((address) => address.toLowerCase())}::text[])`
  const { rowCount } = await pool.query(sql`
    update holdfast.message
       set state = 'failed', failure = ${failure}, result = ${result}, done_at = clock_timestamp()
     where ${isOfMail} and state = 'sent'`)
  if (rowCount === 1) return 'recorded'
  const found = await pool.query(sql`select from holdfast.message where ${isOfMail} and state = 'failed'`)
  return found.rowCount === 1 ? 'unchanged' : 'missing'
}
