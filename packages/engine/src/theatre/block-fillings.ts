import type pg from 'pg'
import sql from 'sql-template-tag'
import { clinicNoOf } from '../model/id.ts'
import type { BlockFilling } from '../model/theatre-resource.ts'

/** Longer than a step takes. A caller that repeats a step that failed is not refused meanwhile: the run is the same. */
const stepSecondsMax = 60
/** So soon after a step, the next one has begun, or the caller that drove the run has left. */
const pauseSecondsMax = 20

/** A run of steps that fills a block, and how far it was before a step. */
export type FillingRun = BlockFilling & { blockId: string; runId: string }

export type BlockFillings = {
  /** Begins a step. @returns how far another run is that fills the block now; null: none does, the step may go on */
  begin(run: FillingRun): Promise<BlockFilling | null>
  /** Ends a step of a run that has got so far, and, with `isOver`, the run. Does nothing if another run has begun. */
  end(run: FillingRun & { isOver: boolean }): Promise<void>
}

/** Lets only one run at a time fill a block, whichever servers its steps reach. */
export function blockFillings(pool: pg.Pool): BlockFillings {
  return {
    async begin({ blockId, runId, examined, booked }) {
      const clinicNo = clinicNoOf(blockId)
      const { rowCount } = await pool.query(sql`
        insert into holdfast.block_filling as f (clinic_no, block_id, run_id, running_until, examined, booked)
        values (${clinicNo}, ${blockId}, ${runId}, clock_timestamp() + make_interval(secs => ${stepSecondsMax}),
                ${examined}, ${booked})
        on conflict (clinic_no, block_id) do update
           set run_id = excluded.run_id, running_until = excluded.running_until,
               examined = excluded.examined, booked = excluded.booked
         where f.run_id = excluded.run_id or f.running_until <= clock_timestamp()`)
      if (rowCount === 1) return null
      const { rows } = await pool.query<BlockFilling>(sql`
        select examined, booked from holdfast.block_filling where clinic_no = ${clinicNo} and block_id = ${blockId}`)
      // None: that run has just ended.
      return rows[0] ?? { examined: 0, booked: 0 }
    },

    async end({ blockId, runId, examined, booked, isOver }) {
      const own = sql`clinic_no = ${clinicNoOf(blockId)} and block_id = ${blockId} and run_id = ${runId}`
      await pool.query(
        isOver
          ? sql`delete from holdfast.block_filling where ${own}`
          : sql`update holdfast.block_filling
                   set running_until = clock_timestamp() + make_interval(secs => ${pauseSecondsMax}),
                       examined = ${examined}, booked = ${booked}
                 where ${own}`,
      )
    },
  }
}
