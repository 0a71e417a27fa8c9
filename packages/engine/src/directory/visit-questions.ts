import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'
import sql from 'sql-template-tag'
import type { Columns } from '../database/columns-sql.ts'
import type { NewVisitQuestion, VisitQuestion } from '../model/visit-question.ts'

/** The questions of a visit type, and the version of the one that was changed last. */
export type StoredQuestions = { questions: VisitQuestion[]; version: number }

/** Locks a visit type, so that of two changes of its questions the later one sees the other's versions. */
export async function lockQuestions(
  transaction: pg.PoolClient,
  clinicNo: number,
  id: string,
): Promise<StoredQuestions | undefined> {
  const { rows } = await transaction.query<StoredQuestions>(sql`
    select questions, questions_version as version from holdfast.visit_type
     where clinic_no = ${clinicNo} and id = ${id} for no key update`)
  return rows[0]
}

/** The columns with these questions. Those of which something has changed get the next version. */
export function questionColumns(
  questions: readonly NewVisitQuestion[],
  stored: StoredQuestions = { questions: [], version: 0 },
): Columns {
  const next = stored.version + 1
  const versioned = questions.map((question): VisitQuestion => {
    const before = stored.questions.find(({ id }) => id === question.id)
    const isSame = before !== undefined && isDeepStrictEqual(asked(before), asked(question))
    return { ...question, version: isSame ? before.version : next }
  })
  const isChanged = versioned.some(({ version }) => version === next)
  return { questions: JSON.stringify(versioned), questions_version: isChanged ? next : stored.version }
}

/** What a patient reads: neither whether an answer is required nor the place among the others is part of it. */
function asked({ kind, label, labels, choices }: NewVisitQuestion): Omit<NewVisitQuestion, 'id' | 'required'> {
  return { kind, label, labels, choices }
}
