import type { SentPatient } from '@holdfast/engine'
import { localDay } from '@holdfast/vocabulary'
import { invalidRequest } from '../../edge/bodies/validator.ts'

/** Where a day begins first. */
const earliestZone = 'Pacific/Kiritimati'

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
  if (birthDate !== null && birthDate > localDay(now, earliestZone)) {
    throw invalidRequest([{ path: '/patient/birthDate', message: `must not be in the future, not "${birthDate}"` }])
  }
  return { mrn: mrn.trim(), name: name.trim(), birthDate, ...(sent.correct === true ? { correct: true } : {}) }
}
