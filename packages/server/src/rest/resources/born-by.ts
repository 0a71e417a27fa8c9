import { localDay } from '@holdfast/vocabulary'
import { invalidRequest } from '../../edge/bodies/validator.ts'

/** Where a day begins first. */
const earliestZone = 'Pacific/Kiritimati'

/** @throws ProblemError invalid_request for a birth date that is in the future everywhere */
export function requireBornBy(now: Date, birthDate: string, path: string): void {
  if (birthDate > localDay(now, earliestZone)) {
    throw invalidRequest([{ path, message: `must not be in the future, not "${birthDate}"` }])
  }
}
