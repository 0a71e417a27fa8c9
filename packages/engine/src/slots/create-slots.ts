import type pg from 'pg'
import { clinicNoOf, newId } from '../model/id.ts'
import type { CreateSlotsRequest, CreateSlotsResult, SlotDraftOutcome } from '../model/slot.ts'

type CreatedRow = { ord: number; outcome: SlotDraftOutcome['outcome']; slot_id: string | null; tx: string | null }

/** Runs one statement and answers its rows, on its own or inside of somebody's transaction. */
type Run = (text: string, values: unknown[]) => Promise<CreatedRow[]>

const createSlotsSql = `select * from holdfast.create_slots($1::integer, $2::uuid, $3::uuid[], $4::timestamptz[],
  $5::timestamptz[], $6::integer[], $7::boolean)`

/** {@link insertSlots} in a transaction of its own. */
export function createSlots(pool: pg.Pool, request: CreateSlotsRequest): Promise<CreateSlotsResult> {
  return insertSlots(async (text, values) => (await pool.query<CreatedRow>(text, values)).rows, request)
}

/**
 * Makes a doctor's slots, at most 10,000 at a time. Safe to run again: what is there is `skipped`. A dry run answers
 * what a real one would and writes nothing.
 *
 * @throws pg.DatabaseError for a doctor that doesn't exist, or drafts that break the bounds of {@link SlotDraft}: the
 *   edge has checked both
 */
export async function insertSlots(run: Run, request: CreateSlotsRequest): Promise<CreateSlotsResult> {
  const { doctorId, drafts, dryRun } = request
  const clinicNo = clinicNoOf(doctorId)
  const rows = await run(createSlotsSql, [
    clinicNo,
    doctorId,
    drafts.map(() => newId(clinicNo)),
    drafts.map((draft) => draft.startsAt),
    drafts.map((draft) => draft.endsAt),
    drafts.map((draft) => draft.capacity),
    dryRun,
  ])
  const counts = { created: 0, skipped: 0, conflict: 0 }
  const items = drafts.map(({ startsAt, endsAt, capacity }, index): SlotDraftOutcome => {
    const row = rows[index]
    if (row === undefined) throw new Error(`create_slots answered ${rows.length} of ${drafts.length} drafts.`)
    counts[row.outcome] += 1
    return { startsAt, endsAt, capacity, outcome: row.outcome, slotId: row.slot_id }
  })
  const position = counts.created === 0 ? '0' : (rows[0]?.tx ?? '0')
  return { created: counts.created, skipped: counts.skipped, conflicts: counts.conflict, items, position }
}
