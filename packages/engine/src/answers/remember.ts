import { type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Remembered, WriteKey } from '../model/stored-answers.ts'

/**
 * Runs `make` in a transaction, and keeps its answer beside what it wrote, under the key: a retry is told the same and
 * writes nothing, another request with that key is refused. Two at once take turns by an advisory lock on the key.
 * Without a key it always runs.
 *
 * `make`'s value is kept as JSON: it must not hold dates.
 */
export async function remember<Value>(
  db: Kysely<Schema>,
  writeKey: WriteKey,
  make: (transaction: Transaction<Schema>) => Promise<Value>,
): Promise<Remembered<Value>> {
  return db.transaction().execute(async (transaction): Promise<Remembered<Value>> => {
    if (writeKey === null) return { kind: 'done', value: await make(transaction) }
    const { key, requestHash } = writeKey
    await sql`select pg_advisory_xact_lock(hashtextextended(${`holdfast.answer ${key}`}, 0))`.execute(transaction)
    const known = await transaction
      .selectFrom('answer')
      .select(['request_hash', 'body'])
      .where('key', '=', key)
      .executeTakeFirst()
    if (known !== undefined) {
      if (known.request_hash !== requestHash) return { kind: 'key_reused' }
      // Written below, by the same caller: its digest covers what was asked.
      return { kind: 'replayed', value: known.body as Value }
    }
    const value = await make(transaction)
    await transaction
      .insertInto('answer')
      .values({ key, request_hash: requestHash, body: JSON.stringify(value) })
      .execute()
    return { kind: 'done', value }
  })
}
