import { type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { OnceResult, WriteKey } from '../model/stored-answers.ts'

/**
 * Runs `write` in a transaction and stores its value under the key in the same transaction. A retry with the key gets the
 * stored value and writes nothing; a different request with the key is refused. An advisory lock on the key serializes
 * concurrent calls. Without a key, `write` always runs.
 *
 * The value is stored as JSON, so it must not contain dates.
 */
export async function runOnce<Value>(
  db: Kysely<Schema>,
  writeKey: WriteKey,
  write: (transaction: Transaction<Schema>) => Promise<Value>,
): Promise<OnceResult<Value>> {
  return db.transaction().execute(async (transaction): Promise<OnceResult<Value>> => {
    if (writeKey === null) return { kind: 'done', value: await write(transaction) }
    const { key, requestHash } = writeKey
    await sql`select pg_advisory_xact_lock(hashtextextended(${`holdfast.answer ${key}`}, 0))`.execute(transaction)
    const stored = await transaction
      .selectFrom('answer')
      .select(['request_hash', 'body'])
      .where('key', '=', key)
      .executeTakeFirst()
    if (stored !== undefined) {
      if (stored.request_hash !== requestHash) return { kind: 'key_reused' }
      // The request's digest covers the operation, so the stored value is of this type.
      return { kind: 'replayed', value: stored.body as Value }
    }
    const value = await write(transaction)
    await transaction
      .insertInto('answer')
      .values({ key, request_hash: requestHash, body: JSON.stringify(value) })
      .execute()
    return { kind: 'done', value }
  })
}
