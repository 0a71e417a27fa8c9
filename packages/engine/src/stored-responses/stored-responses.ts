import type pg from 'pg'
import sql from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { bookingIdsIn } from '../model/id.ts'
import type { StoredResponses } from '../model/stored-responses.ts'

/** Responses in `holdfast.answer`; `purge_outdated` deletes them after 24 hours. */
export function createStoredResponses(pool: pg.Pool): StoredResponses {
  return {
    async find({ key, requestHash }) {
      const { rows } = await pool.query<{ request_hash: string; body: unknown }>(
        prepared('find_stored_response', sql`select request_hash, body from holdfast.answer where key = ${key}`),
      )
      const [stored] = rows
      if (stored === undefined) return { kind: 'missing' }
      return stored.request_hash === requestHash ? { kind: 'found', response: stored.body } : { kind: 'key_reused' }
    },

    async store({ key, requestHash }, response, clinicNo) {
      const statement = sql`
        select holdfast.store_response(${key}, ${requestHash}, ${JSON.stringify(response)}::jsonb,
                                       ${bookingIdsIn(response)}::uuid[], ${clinicNo}::integer)`
      await pool.query(prepared('store_response', statement))
    },
  }
}
