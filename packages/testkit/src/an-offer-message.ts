import { newId } from '@holdfast/engine'
import type { BuilderDatabase } from './builders.ts'

export type OfferMessageOverrides = {
  /** Default `sent`. */
  state?: 'due' | 'sent' | 'kept' | 'failed' | 'skipped'
  /** Default null. */
  failure?: string
  mayHaveArrived?: boolean
}

/** The e-mail about an open offer of the waitlist. */
export async function anOfferMessage(
  database: BuilderDatabase,
  entry: { id: string; clinicNo: number },
  { state = 'sent', failure, mayHaveArrived = state === 'sent' }: OfferMessageOverrides = {},
): Promise<void> {
  const { rowCount } = await database.ownerPool.query(
    `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, failure,
       may_have_arrived, due_at, done_at)
     select $1, $3, o.booking_id, 1, o.slot_id, 'offered', 'email', $4, $5, $6, now(),
            case when $4 <> 'due' then now() end
       from holdfast.waitlist_offer o
      where o.clinic_no = $1 and o.entry_id = $2 and o.outcome is null`,
    [entry.clinicNo, entry.id, newId(entry.clinicNo), state, failure ?? null, mayHaveArrived],
  )
  if (rowCount !== 1) throw new Error(`The entry ${entry.id} has no open offer.`)
}
