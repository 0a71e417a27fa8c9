import type pg from 'pg'
import sql from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import type { StoredAnswers } from '../model/stored-answers.ts'

/** Answers in `holdfast.answer`; `purge_outdated` deletes them after 24 hours. */
export function createStoredAnswers(pool: pg.Pool): StoredAnswers {
  return {
    async find({ key, requestHash }) {
      const { rows } = await pool.query<{ request_hash: string; body: unknown }>(
        prepared('find_answer', sql`select request_hash, body from holdfast.answer where key = ${key}`),
      )
      const [stored] = rows
      if (stored === undefined) return { kind: 'missing' }
      return stored.request_hash === requestHash ? { kind: 'found', answer: stored.body } : { kind: 'key_reused' }
    },

    async store({ key, requestHash }, answer) {
      const statement = sql`
        insert into holdfast.answer (key, request_hash, body) values (${key}, ${requestHash}, ${JSON.stringify(answer)})
        on conflict do nothing`
      await pool.query(prepared('store_answer', statement))
    },
  }
}
