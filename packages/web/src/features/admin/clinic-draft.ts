import type { Clinic, ClinicChange } from '@holdfast/contract/client'
import { type ClinicSettingName, clinicSettingNames, clinicSettings, isPhoneNumber } from '@holdfast/vocabulary'

export type BookingRuleName = Exclude<ClinicSettingName, 'patientDataMonths'>

/** The rules of bookings, in the order of their form. The time until patients are erased has a form of its own. */
export const bookingRules = clinicSettingNames
  .filter((name): name is BookingRuleName => name !== 'patientDataMonths')
  .map((name) => ({ name, ...clinicSettings[name] }))

/** The values of the form's fields. */
export type ClinicCardDraft = { name: string; timezone: string; address: string; phone: string }
export type ClinicDraft = ClinicCardDraft & Record<BookingRuleName, number | string>

export function draftOfClinic(clinic: Clinic): ClinicDraft {
  const { name, timezone, address, phone, settings } = clinic
  // This setting has its own form.
  const { patientDataMonths: _, ...rules } = settings
  return { name, timezone, address: address ?? '', phone: phone ?? '', ...rules }
}

/** Whether the clinic's number is valid; it may have none. */
export function isPhoneValid({ phone }: Pick<ClinicCardDraft, 'phone'>): boolean {
  return phone.trim() === '' || isPhoneNumber(phone.trim())
}

/** The changes to the clinic; null if there are none, or if a number is missing or out of its limits. */
export function changeOf(draft: ClinicDraft, clinic: Clinic): ClinicChange | null {
  const change: ClinicChange = {}
  if (draft.name.trim() !== clinic.name) change.name = draft.name.trim()
  if (draft.timezone !== clinic.timezone) change.timezone = draft.timezone
  if (draft.address.trim() !== (clinic.address ?? '')) change.address = draft.address.trim() || null
  if (draft.phone.trim() !== (clinic.phone ?? '')) change.phone = draft.phone.trim() || null
  const settings: NonNullable<ClinicChange['settings']> = {}
  for (const { name, min, max } of bookingRules) {
    const value = Number(draft[name])
    if (draft[name] === '' || !Number.isInteger(value) || value < min || value > max) return null
    if (value !== clinic.settings[name]) settings[name] = value
  }
  if (Object.keys(settings).length > 0) change.settings = settings
  return Object.keys(change).length > 0 ? change : null
}
