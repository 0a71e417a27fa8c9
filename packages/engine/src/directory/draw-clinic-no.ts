import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import { digestUuid } from '../model/digest-uuid.ts'
import type { WriteKey } from '../model/stored-responses.ts'
import { runOnce } from '../stored-responses/run-once.ts'

/**
 * Draws the number of a new clinic on the coordinator of Citus. A shard draws none, and is chosen by it.
 *
 * With the key of the request, a repetition gets the same number, so that it finds in the same shard what it has
 * created there. Another request with the key gets it too: the shard refuses the key.
 *
 * @param coordinator as the application
 */
export async function drawClinicNo(coordinator: pg.Pool, writeKey: WriteKey): Promise<number> {
  const id = writeKey === null ? null : digestUuid(`holdfast.clinic_no ${writeKey.key}`)
  const drawn = await inTransaction(coordinator, (transaction) =>
    runOnce(transaction, id === null ? null : { key: id, requestHash: id }, () => nextClinicNo(transaction)),
  )
  if (drawn.kind === 'key_reused') throw new Error('The digest of a key is that of another request.')
  return drawn.value
}

/** The next number of a clinic. */
export async function nextClinicNo(transaction: pg.PoolClient): Promise<number> {
  const { rows } = await transaction.query<{ no: number }>(sql`select nextval('holdfast.clinic_no_seq')::integer as no`)
  if (rows[0] === undefined) throw new Error('The sequence of clinic numbers returned nothing.')
  return rows[0].no
}
