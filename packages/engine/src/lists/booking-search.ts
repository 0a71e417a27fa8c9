import sql, { empty, type Sql } from 'sql-template-tag'
import { isId } from '../model/id.ts'
import { foldedOnce, hasWords } from './search-text.ts'

/**
 * The part of its id that a ticket shows: the last eight characters, `004E-81F2`. It may also be part of a phone
 * number.
 */
const referencePattern = /^([0-9a-f]{4})[-\s]?([0-9a-f]{4})$/i

/**
 * Whether booking `b` is what somebody searches for: by its id or reference, or by words of the patient's name, e-mail
 * or phone.
 */
export function matchesBooking(q: string): Sql {
  return matches({ id: sql`b.id`, patient: sql`b.patient` }, q)
}

/** Whether entry `e` of the waitlist is what somebody searches for, in the same ways. */
export function matchesEntry(q: string): Sql {
  return matches({ id: sql`e.id`, patient: sql`e.patient` }, q)
}

function matches({ id, patient }: { id: Sql; patient: Sql }, q: string): Sql {
  const text = q.trim().toLowerCase()
  if (isId(text)) return sql`${id} = ${text}::uuid`
  const reference = referencePattern.exec(text)
  const byReference = reference === null ? empty : sql`right(${id}::text, 8) = ${reference.slice(1).join('')} or `
  const who = sql`concat_ws(chr(10), ${patient}->>'name', ${patient}->>'email', ${patient}->>'phone')`
  return sql`(${byReference}${foldedOnce(who, hasWords(q), sql`coalesce(${patient}->>'phone', '')`)})`
}
