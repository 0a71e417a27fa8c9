import type pg from 'pg'
import sql from 'sql-template-tag'
import { largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { clinicNoOf, newId } from '../model/id.ts'
import type { CreateSlotsRequest, CreateSlotsResult, SlotDraftOutcome } from '../model/slot.ts'

type CreatedRow = {
  ord: number
  outcome: 'created' | 'skipped' | 'conflict'
  slot_id: string | null
  tx: string | null
  capacity: number | null
}

/**
 * Creates a doctor's slots, at most 10,000 at a time, in one statement. Idempotent: a slot that exists is `skipped`. A
 * dry run returns the same result and writes nothing.
 *
 * @throws pg.DatabaseError for a doctor that does not exist, or drafts outside of the limits of {@link SlotDraft}: the
 *   edge has checked both
 */
export async function createSlots(
  connection: pg.Pool | pg.PoolClient,
  { doctorId, drafts, dryRun }: CreateSlotsRequest,
): Promise<CreateSlotsResult> {
  const clinicNo = clinicNoOf(doctorId)
  const statement = sql`
    select * from holdfast.create_slots(
      ${clinicNo}::integer, ${doctorId}::uuid,
      ${drafts.map(() => newId(clinicNo))}::uuid[],
      ${drafts.map((draft) => draft.startsAt)}::timestamptz[],
      ${drafts.map((draft) => draft.endsAt)}::timestamptz[],
      ${drafts.map((draft) => draft.capacity)}::integer[],
      ${dryRun}::boolean)`
  const { rows } = await connection.query<CreatedRow>(withQueryTimeout(statement, largeWriteMs))
  const counts = { created: 0, skipped: 0, conflict: 0 }
  let differing = 0
  const items = drafts.map(({ startsAt, endsAt, capacity }, index): SlotDraftOutcome => {
    const row = rows[index]
    if (row === undefined) throw new Error(`create_slots returned ${rows.length} rows for ${drafts.length} drafts.`)
    counts[row.outcome] += 1
    if (row.outcome !== 'skipped' || row.capacity === null || row.capacity === capacity) {
      return { startsAt, endsAt, capacity, outcome: row.outcome, slotId: row.slot_id }
    }
    differing += 1
    return { startsAt, endsAt, capacity: row.capacity, outcome: 'capacity_differs', slotId: row.slot_id }
  })
  // Slots that were skipped may be those of a first call whose result was lost.
  const position = counts.created + counts.skipped === 0 ? null : (rows[0]?.tx ?? null)
  return { created: counts.created, skipped: counts.skipped, differing, conflicts: counts.conflict, items, position }
}
