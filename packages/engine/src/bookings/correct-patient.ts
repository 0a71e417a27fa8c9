import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { readAfterCommit } from '../database/promptly.ts'
import { repeatWhileLost } from '../database/repeat-while-lost.ts'
import type { Announce } from '../model/committed.ts'
import type { CorrectionOutcome, CorrectionRequest } from '../model/correction.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'
import { announceBatch } from './announce-batch.ts'

type Row = { outcome: CorrectionOutcome['kind']; tx: string | null }

/** By `correct_patient`. These are few, and not in the queue of other changes. */
export function patientCorrections(pool: pg.Pool, reads: Pick<Reads, 'booking'>, announce: Announce) {
  return async (request: CorrectionRequest): Promise<CorrectionOutcome> => {
    const { bookingId, actorId, key, patient, reason, accountOfEmail } = request
    if (!isId(bookingId)) return { kind: 'booking_missing' }
    const writeKey = key ?? randomUUID()
    const { rows } = await repeatWhileLost(() =>
      pool.query<Row>(sql`
      select outcome, tx::text from holdfast.correct_patient(
        ${clinicNoOf(bookingId)}, ${bookingId}, ${actorId}, ${writeKey}, ${JSON.stringify(patient)}::jsonb,
        ${reason === null ? '' : (reason ?? null)}, ${accountOfEmail?.email ?? null},
        ${accountOfEmail?.accountId ?? null})`),
    )
    const [row] = rows
    if (row === undefined) throw new Error('correct_patient returned no row.')
    const { outcome: kind } = row
    if (kind === 'booking_missing' || kind === 'booking_erased') return { kind }
    const booking = await readAfterCommit(() => reads.booking(bookingId))
    if (booking === null) return { kind: 'booking_missing' }
    if (kind !== 'done' && kind !== 'unchanged') return { kind, booking }
    const position = row.tx ?? ''
    // What was found done may have lost its announcement with its result.
    announceBatch(announce, [
      { position: kind === 'done' ? position : null, doctorIds: [booking.doctorId], slots: [], snapshot: null },
    ])
    return { kind, booking, position }
  }
}
