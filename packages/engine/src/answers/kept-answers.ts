import type pg from 'pg'
import type { KeptAnswers } from '../model/stored-answers.ts'

/** Answers of writes, kept for a day under their key for those who ask again (see purge_outdated). */
export function createKeptAnswers(pool: pg.Pool): KeptAnswers {
  return {
    async recall({ key, requestHash }) {
      const { rows } = await pool.query<{ request_hash: string; body: unknown }>({
        name: 'recall_answer',
        text: 'select request_hash, body from holdfast.answer where key = $1',
        values: [key],
      })
      const [known] = rows
      if (known === undefined) return { kind: 'unknown' }
      return known.request_hash === requestHash ? { kind: 'known', answer: known.body } : { kind: 'key_reused' }
    },

    async keep({ key, requestHash }, answer) {
      await pool.query({
        name: 'keep_answer',
        text: 'insert into holdfast.answer (key, request_hash, body) values ($1, $2, $3) on conflict do nothing',
        values: [key, requestHash, JSON.stringify(answer)],
      })
    },
  }
}
