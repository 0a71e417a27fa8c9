import type pg from 'pg'
import sql from 'sql-template-tag'
import { oneRow } from '../database/one-row.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import type { NotDone } from '../model/claim.ts'
import type { CaseInvalid, Suggestions, SuggestQuery, Theatre } from '../model/theatre.ts'

/** It stops by itself after some eight seconds of work: see suggest_cases.sql. */
const suggestMs = 30_000

type Suggested = Exclude<Awaited<ReturnType<Theatre['suggest']>>, NotDone>

/** Everything is checked by the same rules as a claim, and may be taken before it is claimed. */
export async function suggest(pool: pg.Pool, query: SuggestQuery): Promise<Suggested> {
  const { clinicNo, roomIds, exceptCaseId, from, to, limit, stepMinutes, mrn, ...plan } = query
  const stored = { ...plan, caseId: exceptCaseId, patient: mrn === null ? null : { mrn }, override: null }
  const exceptIds = exceptCaseId === null ? [] : [exceptCaseId]
  const statement = sql`
    select holdfast.suggest_cases(${clinicNo}::integer, ${JSON.stringify(stored)}::jsonb, ${roomIds}::uuid[],
      ${exceptIds}::uuid[], ${from}::date, ${to}::date, ${stepMinutes}::integer, ${limit}::integer) as found`
  const row = oneRow(
    await pool.query<{ found: Suggestions | { invalid: Omit<CaseInvalid, 'kind'> } }>(
      withQueryTimeout(statement, suggestMs),
    ),
  )
  if ('invalid' in row.found) return { kind: 'resource_invalid', ...row.found.invalid }
  const suggestions = row.found.suggestions.map((found) => ({
    ...found,
    startsAt: new Date(found.startsAt),
    endsAt: new Date(found.endsAt),
  }))
  const { refusals, searchedUntil } = row.found
  return { suggestions, refusals, searchedUntil }
}
