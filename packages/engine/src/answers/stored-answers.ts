import type pg from 'pg'
import type { StoredAnswers } from '../model/stored-answers.ts'

/** Answers in `holdfast.answer`; `purge_outdated` deletes them after 24 hours. */
export function createStoredAnswers(pool: pg.Pool): StoredAnswers {
  return {
    async find({ key, requestHash }) {
      const { rows } = await pool.query<{ request_hash: string; body: unknown }>({
        name: 'find_answer',
        text: 'select request_hash, body from holdfast.answer where key = $1',
        values: [key],
      })
      const [stored] = rows
      if (stored === undefined) return { kind: 'missing' }
      return stored.request_hash === requestHash ? { kind: 'found', answer: stored.body } : { kind: 'key_reused' }
    },

    async store({ key, requestHash }, answer) {
      await pool.query({
        name: 'store_answer',
        text: 'insert into holdfast.answer (key, request_hash, body) values ($1, $2, $3) on conflict do nothing',
        values: [key, requestHash, JSON.stringify(answer)],
      })
    },
  }
}
