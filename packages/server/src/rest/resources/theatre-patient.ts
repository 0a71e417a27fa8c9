import type { SentPatient } from '@holdfast/engine'
import { requireBornBy } from './born-by.ts'

/**
 * The patient of a case or of a request for one.
 *
 * @throws ProblemError invalid_request for a birth date that is in the future everywhere
 */
export function theatrePatient(
  sent: { mrn: string; name: string; birthDate?: string; correct?: boolean },
  now: Date,
): SentPatient {
  const { mrn, name } = sent
  const birthDate = sent.birthDate ?? null
  if (birthDate !== null) requireBornBy(now, birthDate, '/patient/birthDate')
  return { mrn: mrn.trim(), name: name.trim(), birthDate, ...(sent.correct === true ? { correct: true } : {}) }
}
