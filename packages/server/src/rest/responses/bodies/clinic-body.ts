import type { ClinicBody } from '@holdfast/contract'
import type { Clinic } from '@holdfast/engine'

/** The response body of a clinic. */
export function clinicBody(clinic: Clinic): ClinicBody {
  const { id, name, timezone, address, phone, settings } = clinic
  return { id, name, timezone, address, phone, settings }
}
