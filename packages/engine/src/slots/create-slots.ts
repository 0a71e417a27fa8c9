import type pg from 'pg'
import type { CreateSlotsRequest } from '../engine.ts'
import { clinicNoOf, newId } from '../id.ts'
import type { CreateSlotsResult, SlotDraftOutcome } from './slot.ts'

type CreatedRow = { ord: number; outcome: SlotDraftOutcome['outcome']; slot_id: string | null; tx: string | null }

/** A pool, where the call is its own transaction, or a client inside of one. */
type Queryable = Pick<pg.Pool, 'query'> | Pick<pg.PoolClient, 'query'>

/**
 * Makes a doctor's slots, at most 10,000 in one transaction. Safe to run again: what is there is `skipped`. A dry run
 * answers what a real one would and writes nothing.
 *
 * @throws pg.DatabaseError for a doctor that doesn't exist, or drafts that break the bounds of {@link SlotDraft}: the
 *   edge has checked both
 */
export async function createSlots(queryable: Queryable, request: CreateSlotsRequest): Promise<CreateSlotsResult> {
  const { doctorId, drafts, dryRun } = request
  const clinicNo = clinicNoOf(doctorId)
  const { rows } = await queryable.query<CreatedRow>({
    name: 'create_slots',
    text: `select * from holdfast.create_slots($1::integer, $2::uuid, $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::integer[], $7::boolean)`,
    values: [
      clinicNo,
      doctorId,
      drafts.map(() => newId(clinicNo)),
      drafts.map((draft) => draft.startsAt),
      drafts.map((draft) => draft.endsAt),
      drafts.map((draft) => draft.capacity),
      dryRun,
    ],
  })
  const counts = { created: 0, skipped: 0, conflict: 0 }
  const items = drafts.map((draft, index): SlotDraftOutcome => {
    const row = rows[index]
    if (row === undefined) throw new Error(`create_slots answered ${rows.length} of ${drafts.length} drafts.`)
    counts[row.outcome] += 1
    return { ...draft, outcome: row.outcome, slotId: row.slot_id }
  })
  const position = counts.created === 0 ? '0' : (rows[0]?.tx ?? '0')
  return { created: counts.created, skipped: counts.skipped, conflicts: counts.conflict, items, position }
}
