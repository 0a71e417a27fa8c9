import type { ClinicBody } from '@holdfast/contract'
import type { Clinic } from '@holdfast/engine'

/** A clinic as it is answered. */
export function clinicBody(clinic: Clinic): ClinicBody {
  const { id, name, timezone, address, phone, settings } = clinic
  return { id, name, timezone, address, phone, settings }
}
