import type { ClinicBody } from '@holdfast/contract'
import type { Clinic } from '@holdfast/engine'
import { eachClinicText } from '@holdfast/vocabulary'

/**
 * The response body of a clinic.
 *
 * @param sends what the server can send: e-mails by a mail server, SMS by a provider
 */
export function clinicBody(clinic: Clinic, sends: { emails: boolean; sms: boolean }): ClinicBody {
  const { id, name, timezone, externalIds, settings, attendanceMinutes } = clinic
  const texts = eachClinicText((text) => clinic[text])
  const sendsEmails = sends.emails && clinic.emails
  const smsKinds = sends.sms ? clinic.smsKinds : []
  const sent = { sendsEmails, smsKinds, logo: logoBody(clinic) }
  return { id, name, timezone, externalIds, ...texts, settings, attendanceMinutes, ...sent }
}

function logoBody({ id, logo }: Clinic): ClinicBody['logo'] {
  if (logo === null) return null
  const { width, height, digest } = logo
  return { url: `/api/v1/clinics/${id}/logo?version=${digest}`, width, height }
}
