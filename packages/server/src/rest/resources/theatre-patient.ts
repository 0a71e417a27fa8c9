import type { SentPatient } from '@holdfast/engine'
import type { ClinicActor } from '../guards/access.ts'
import { requireBornBy } from './born-by.ts'

/**
 * The patient of a case or of a request for one.
 *
 * @throws ProblemError invalid_request for a birth date that is in the future everywhere
 */
export function theatrePatient(
  sent: { mrn: string; name: string; birthDate?: string; correct?: boolean },
  { kind: sentBy }: Pick<ClinicActor, 'kind'>,
  now: Date,
): SentPatient {
  const { mrn, name } = sent
  const birthDate = sent.birthDate ?? null
  if (birthDate !== null) requireBornBy(now, birthDate, '/patient/birthDate')
  return { mrn: mrn.trim(), name: name.trim(), birthDate, sentBy, ...(sent.correct === true ? { correct: true } : {}) }
}
