import type pg from 'pg'
import sql from 'sql-template-tag'
import { storableOrNull } from '../database/storable-text.ts'
import { clinicNoIn } from '../model/id.ts'
import type { MessageFailure, MessageState } from '../model/message.ts'
import { sendingOf } from './sending-sql.ts'

/** A mail server has accepted an e-mail, and reports later that it could not be delivered. */
export type Bounce = {
  /** The id of the message. */
  id: string
  /** Which sending of it, as `DueMessage` has it. */
  sending: string | null
  /** The addresses of the recipients that the report names, as {@link Message.maskedAddress} has them. */
  maskedAddresses: readonly string[]
  failure: Extract<MessageFailure, 'address_refused' | 'refused' | 'unavailable'>
  /** The codes of the report; null: it has none. */
  result: string | null
}

/**
 * Records that an e-mail that was sent, or may have been, did not arrive. Idempotent.
 *
 * @returns `unchanged`: it was recorded before. `too_early`: it was handed over, and that is not recorded yet.
 *   `missing`: there is no such e-mail that was sent to such an address, or the clinic has sent it again since
 */
export async function recordBounce(
  pool: pg.Pool,
  bounce: Bounce,
): Promise<'recorded' | 'unchanged' | 'too_early' | 'missing'> {
  const { id, sending, maskedAddresses, failure } = bounce
  const result = storableOrNull(bounce.result)
  const clinicNo = clinicNoIn(id)
  if (clinicNo === null) return 'missing'
  const addresses = maskedAddresses.map((address) => address.toLowerCase())
  const isMail = sql`clinic_no = ${clinicNo} and id = ${id} and channel = 'email'
    and ${sendingOf(sql`sent_again_at`)} is not distinct from ${sending}::text`
  const isOfMail = sql`${isMail} and lower(masked_address) = any (${addresses}::text[])`
  const { rowCount } = await pool.query(sql`
    update holdfast.message
       set state = 'failed', failure = ${failure}, result = ${result}, done_at = clock_timestamp()
     where ${isOfMail}
       and (state = 'sent'
            -- One attempt may have reached the mail server, and no later one has.
            or state = 'failed' and may_have_arrived and failure in ('unknown', 'unavailable', 'internal_error')
               and (failure, result) is distinct from (${failure}::text, ${result}::text))`)
  if (rowCount === 1) return 'recorded'
  // The address of a first attempt is recorded with its outcome.
  const { rows } = await pool.query<{ state: MessageState }>(sql`
    select state from holdfast.message
     where ${isMail} and coalesce(lower(masked_address) = any (${addresses}::text[]), true)
       and (state = 'due' and may_have_arrived or state = 'failed' and masked_address is not null
            -- Recorded since the update.
            or state = 'sent')`)
  switch (rows[0]?.state) {
    case undefined:
      return 'missing'
    case 'failed':
      return 'unchanged'
    default:
      return 'too_early'
  }
}
