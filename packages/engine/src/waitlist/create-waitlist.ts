import { waitlistUrgencies } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { accessJson } from '../database/booking-access-sql.ts'
import { completeWrite } from '../database/database-unavailable.ts'
import { oneRow } from '../database/one-row.ts'
import { inTransaction } from '../database/pools.ts'
import { oneShard, type ShardPools } from '../database/shard-pools.ts'
import { type BookingOrigin, tooManyBookings } from '../model/booking-limits.ts'
import { type Announce, noSlots } from '../model/committed.ts'
import type { CorrectionRequest } from '../model/correction.ts'
import { clinicNoIn, newId } from '../model/id.ts'
import type { SettleOutcome, SettleRequest } from '../model/settle.ts'
import type {
  EntryCorrectionOutcome,
  EntryWriteOptions,
  JoinOutcome,
  NewWaitlistEntry,
  StoreEntryMail,
  Waitlist,
} from '../model/waitlist.ts'
import { runOnce } from '../stored-responses/run-once.ts'
import { waitlistReads } from './waitlist-reads.ts'

export type WaitlistSettings = {
  pool: pg.Pool
  /** The databases whose entries an account's list has. Default: the pool's database. */
  shards?: ShardPools
  announce: Announce
  settle: (request: SettleRequest) => Promise<SettleOutcome>
}

/** The row that `join_waitlist` returns. */
type JoinRow = {
  outcome: Exclude<JoinOutcome['kind'], 'too_many_bookings'> | `${BookingOrigin['kind']}_${'holds' | 'bookings'}`
  maximum: number | null
  entry_id: string | null
}

/** The row that `correct_waitlist_entry` returns. */
type CorrectionRow = { outcome: EntryCorrectionOutcome['kind']; other_id: string | null; is_other_email: boolean }

/** The waitlist, over the engine's pool for everything that is no batch. */
export function createWaitlist({ pool, shards = oneShard(pool), announce, settle }: WaitlistSettings): Waitlist {
  return {
    async join(entry, writeKey, storeMail = null) {
      const result = await inTransaction(pool, (transaction) =>
        runOnce(
          transaction,
          { writeKey, clinicNo: entry.clinicNo },
          () => addEntry(transaction, entry, storeMail),
          // Nothing would erase the digest of what was refused, from which the patient could be guessed.
          ({ kind }) => kind === 'joined',
        ),
      )
      // A repeated call offers the places too: the first call may have ended before it offered them.
      if (result.kind !== 'key_reused' && result.value.kind === 'joined') {
        const { id } = result.value
        await completeWrite(() => offerFreePlaces(pool, announce, entry.clinicNo, id))
      }
      return result
    },

    async leave(entryId, reason, actorId, { storeMail, access } = {}) {
      const clinicNo = clinicNoIn(entryId)
      if (clinicNo === null) return false
      const row = await inTransaction(pool, async (transaction) => {
        const { rows } = await transaction.query<{ outcome: string; offer_id: string | null }>(sql`
          select outcome, offer_id
            from holdfast.leave_waitlist(${clinicNo}, ${entryId}::uuid, ${reason}, ${accessJson(access)})`)
        const [ended] = rows
        if (ended?.outcome === 'ended') await storeMail?.(transaction, entryId)
        return ended
      })
      // Whatever becomes of the offer now, the entry gets no other one. Should this fail, the offer lapses. If it was
      // accepted meanwhile, the booking stays.
      const offerId = row?.offer_id ?? null
      if (offerId !== null) {
        const decline = {
          bookingId: offerId,
          action: 'decline',
          actorId,
          onBehalf: false,
          key: null,
          reason: null,
        } as const
        await completeWrite(() => settle(decline))
      }
      return row !== undefined && row.outcome !== 'entry_missing'
    },

    async correct(entryId, patient, options = {}) {
      const clinicNo = clinicNoIn(entryId)
      if (clinicNo === null) return { kind: 'entry_missing' }
      return inTransaction(pool, (transaction) => correctEntry(transaction, { clinicNo, entryId, patient, ...options }))
    },

    ...waitlistReads(pool, shards),
  }
}

async function addEntry(
  transaction: pg.PoolClient,
  entry: NewWaitlistEntry,
  storeMail: StoreEntryMail | null,
): Promise<JoinOutcome> {
  const outcome = await insertEntry(transaction, entry)
  if (outcome.kind === 'joined') await storeMail?.(transaction, outcome.id)
  return outcome
}

type Correction = EntryWriteOptions & {
  clinicNo: number
  entryId: string
  patient: CorrectionRequest['patient']
}

async function correctEntry(
  transaction: pg.PoolClient,
  { clinicNo, entryId, patient, storeMail, access }: Correction,
): Promise<EntryCorrectionOutcome> {
  const row = oneRow(
    await transaction.query<CorrectionRow>(sql`
    select outcome, other_id, is_other_email
      from holdfast.correct_waitlist_entry(${clinicNo}, ${entryId}::uuid, ${JSON.stringify(patient)}::jsonb,
                                           ${accessJson(access)})`),
  )
  const { outcome: kind, other_id: otherId } = row
  if (kind === 'offer_open' || kind === 'offer_accepted') return { kind, bookingId: otherId ?? '' }
  if (kind === 'already_waiting') return { kind, entryId: otherId ?? '' }
  if (row.is_other_email) await storeMail?.(transaction, entryId)
  return { kind }
}

async function insertEntry(transaction: pg.PoolClient, entry: NewWaitlistEntry): Promise<JoinOutcome> {
  const { clinicNo, origins, isLimited, ...fields } = entry
  const id = newId(clinicNo)
  const stored = JSON.stringify({ ...fields, id, urgency: waitlistUrgencies.indexOf(entry.urgency) })
  const row = oneRow(
    await transaction.query<JoinRow>(sql`
    select outcome, maximum, entry_id
      from holdfast.join_waitlist(${clinicNo}, ${stored}::jsonb, ${origins.map(({ kind }) => kind)}::text[],
                                  ${origins.map(({ subject }) => subject)}::uuid[], ${isLimited})`),
  )
  const { outcome } = row
  switch (outcome) {
    case 'joined':
      return { kind: outcome, id }
    case 'units_over_limit':
    case 'too_many_entries':
      return { kind: outcome, max: columnOf(row, 'maximum') }
    case 'doctor_missing':
    case 'specialization_missing':
    case 'range_over':
    case 'visit_type_not_offered':
    case 'visit_type_of_desk':
      return { kind: outcome }
    case 'already_waiting':
      return { kind: outcome, entryId: columnOf(row, 'entry_id') }
    default:
      return tooManyBookings(outcome, columnOf(row, 'maximum'))
  }
}

/** A column that `join_waitlist` sets for this outcome. */
function columnOf<Name extends 'maximum' | 'entry_id'>(row: JoinRow, name: Name): NonNullable<JoinRow[Name]> {
  const value = row[name]
  if (value === null) throw new Error(`join_waitlist returned ${row.outcome} without ${name}.`)
  return value
}

/** Offers free places to the entry. The announcement wakes the tails of all processes; the offers are in the log. */
async function offerFreePlaces(pool: pg.Pool, announce: Announce, clinicNo: number, entryId: string): Promise<void> {
  const { rows } = await pool.query<{ position: string | null }>(
    sql`select holdfast.offer_free_places(${clinicNo}, ${entryId}::uuid)::text as position`,
  )
  const position = rows[0]?.position ?? null
  if (position === null) return
  const none = { clinicNos: new Set<number>(), doctorIds: new Set<string>(), accountIds: new Set<string>() }
  announce({ kind: 'bookings', position, ...none, ...noSlots })
}
