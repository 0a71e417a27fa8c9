import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { accessJson } from '../database/booking-access-sql.ts'
import { readAfterCommit } from '../database/promptly.ts'
import { repeatWhileLost } from '../database/repeat-while-lost.ts'
import type { Announce } from '../model/committed.ts'
import type { CorrectionOutcome, CorrectionRequest } from '../model/correction.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'
import { announceBatch } from './announce-batch.ts'
import { patientBooked } from './patient-booked.ts'

type Row = { outcome: Exclude<CorrectionOutcome['kind'], 'patient_booked'> | 'repeated'; tx: string | null }
/** `retry`: another session changed the booking meanwhile. */
type ReturnedRow = { outcome: string; tx: string | null }

const attemptsMax = 20

/** Corrections by `correct_patient`. These are few, and not in the queue of other changes. */
export function patientCorrections(pool: pg.Pool, reads: Pick<Reads, 'booking'>, announce: Announce) {
  return async (request: CorrectionRequest): Promise<CorrectionOutcome> => {
    const { bookingId } = request
    if (!isId(bookingId)) return { kind: 'booking_missing' }
    const row = await correct(pool, { ...request, key: request.key ?? randomUUID() })
    const booked = patientBooked(row.outcome)
    if (booked !== null) return booked
    const { outcome: kind, tx } = row as Row
    if (kind === 'booking_missing' || kind === 'booking_erased') return { kind }
    const booking = await readAfterCommit(() => reads.booking(bookingId, request.access))
    if (booking === null) return { kind: 'booking_missing' }
    if (kind !== 'done' && kind !== 'repeated' && kind !== 'unchanged') return { kind, booking }
    const position = tx ?? ''
    // What was found done may have lost its announcement with its result.
    announceBatch(announce, [
      { position: kind === 'done' ? position : null, doctorIds: [booking.doctorId], slots: [], snapshot: null },
    ])
    return kind === 'done'
      ? { kind, booking, position }
      : { kind: 'unchanged', isRepeated: kind === 'repeated', booking, position }
  }
}

async function correct(pool: pg.Pool, request: CorrectionRequest & { key: string }): Promise<ReturnedRow> {
  const { bookingId, actorId, key, patient, reason, accountOfEmail, knownBy, access } = request
  for (let attempts = 1; attempts <= attemptsMax; attempts += 1) {
    const { rows } = await repeatWhileLost(() =>
      pool.query<ReturnedRow>(sql`
      select outcome, tx::text from holdfast.correct_patient(
        ${clinicNoOf(bookingId)}, ${bookingId}, ${actorId}, ${key}, ${JSON.stringify(patient)}::jsonb,
        ${reason === null ? '' : (reason ?? null)}, ${accountOfEmail?.email ?? null},
        ${accountOfEmail?.accountId ?? null}, ${knownBy ?? null}, ${accessJson(access)})`),
    )
    const [row] = rows
    if (row === undefined) throw new Error('correct_patient returned no row.')
    if (row.outcome !== 'retry') return row
  }
  throw new Error(`Booking ${bookingId} was changed ${attemptsMax} times while it was corrected.`)
}
