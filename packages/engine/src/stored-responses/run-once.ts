import type pg from 'pg'
import sql from 'sql-template-tag'
import { bookingIdsIn } from '../model/id.ts'
import type { OnceResult, WriteKey } from '../model/stored-responses.ts'

/**
 * Runs `write` and stores its value under the key, in the same transaction. A retry with the key gets the stored value
 * and writes nothing; a different request with the key is refused. An advisory lock on the key serializes concurrent
 * calls. Without a key, `write` always runs.
 *
 * The value is stored as JSON: a retry gets texts in place of its dates.
 *
 * @param once.clinicNo the clinic that the request is about, also if it is known only afterwards: the value is moved to
 *   another database with it. null: it is about none
 * @param isStored false for a value after which a retry with the key runs again
 */
export async function runOnce<Value>(
  transaction: pg.PoolClient,
  { writeKey, clinicNo }: { writeKey: WriteKey; clinicNo: number | null | ((value: Value) => number) },
  write: () => Promise<Value>,
  isStored: (value: Value) => boolean = () => true,
): Promise<OnceResult<Value>> {
  if (writeKey === null) return { kind: 'done', value: await write() }
  const { key, requestHash } = writeKey
  await transaction.query(sql`select pg_advisory_xact_lock(hashtextextended(${`holdfast.answer ${key}`}, 0))`)
  const { rows } = await transaction.query<{ request_hash: string; body: unknown }>(
    sql`select request_hash, body from holdfast.answer where key = ${key}`,
  )
  const [stored] = rows
  if (stored !== undefined) {
    if (stored.request_hash !== requestHash) return { kind: 'key_reused' }
    // The request's digest covers the operation, so the stored value is of this type.
    return { kind: 'replayed', value: stored.body as Value }
  }
  const value = await write()
  if (!isStored(value)) return { kind: 'done', value }
  await transaction.query(sql`
    insert into holdfast.answer (key, request_hash, body, ids, clinic_no)
    values (${key}, ${requestHash}, ${JSON.stringify(value)}, ${bookingIdsIn(value)}::uuid[],
            ${typeof clinicNo === 'function' ? clinicNo(value) : clinicNo})`)
  return { kind: 'done', value }
}
