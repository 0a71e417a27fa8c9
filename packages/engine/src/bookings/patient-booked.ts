import { plainArray } from '../database/array-literal.ts'
import type { PatientBooked, PatientKnownBy } from '../model/claim.ts'

const prefix = 'patient_booked:'

/** The outcome `patient_booked:<id>` of an SQL function; null: it is another one. */
export function patientBooked(outcome: string): PatientBooked | null {
  return outcome.startsWith(prefix) ? { kind: 'patient_booked', otherId: outcome.slice(prefix.length) } : null
}

/** The parameter `p_known_by` for a batch; null: none of it is refused for other appointments, or looks for them. */
export function knownByArray(requests: readonly { knownBy?: PatientKnownBy | null }[]): string | null {
  return requests.some(({ knownBy }) => knownBy) ? plainArray(requests, ({ knownBy }) => knownBy ?? null) : null
}
