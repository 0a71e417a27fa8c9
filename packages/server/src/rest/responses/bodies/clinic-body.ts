import type { ClinicBody } from '@holdfast/contract'
import type { Clinic } from '@holdfast/engine'
import { eachClinicText } from '@holdfast/vocabulary'

/** The response body of a clinic. */
export function clinicBody(clinic: Clinic, hasMailServer: boolean): ClinicBody {
  const { id, name, timezone, settings, attendanceMinutes } = clinic
  const texts = eachClinicText((text) => clinic[text])
  const sendsEmails = hasMailServer && clinic.emails
  return { id, name, timezone, ...texts, settings, attendanceMinutes, sendsEmails, logo: logoBody(clinic) }
}

function logoBody({ id, logo }: Clinic): ClinicBody['logo'] {
  if (logo === null) return null
  const { width, height, digest } = logo
  return { url: `/api/v1/clinics/${id}/logo?version=${digest}`, width, height }
}
