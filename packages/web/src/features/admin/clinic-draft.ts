import type { Clinic, ClinicChange } from '@holdfast/contract/client'
import { clinicSettingLimits as limits } from '@holdfast/contract/clinic-limits'
import { isPhoneNumber } from '@holdfast/contract/phone-number'

export type SettingName = keyof Clinic['settings']

/** The rules of bookings, in the order of their form. */
export const bookingRules = [
  { name: 'holdSeconds', unit: 'seconds', ...limits.holdSeconds },
  { name: 'holdExtensionsMax', unit: null, ...limits.holdExtensionsMax },
  { name: 'minimumNoticeMinutes', unit: 'minutes', ...limits.minimumNoticeMinutes },
  { name: 'bookingHorizonDays', unit: null, ...limits.bookingHorizonDays },
  { name: 'cancellationDeadlineMinutes', unit: 'minutes', ...limits.cancellationDeadlineMinutes },
  { name: 'waitlistOfferMinutes', unit: 'minutes', ...limits.waitlistOfferMinutes },
  { name: 'waitlistNoticeMinutes', unit: 'minutes', ...limits.waitlistNoticeMinutes },
] as const satisfies readonly { name: SettingName; unit: 'seconds' | 'minutes' | null; min: number; max: number }[]

export type BookingRuleName = (typeof bookingRules)[number]['name']

export const settingNames: readonly SettingName[] = [...bookingRules.map(({ name }) => name), 'patientDataMonths']

/** The values of the form's fields. */
export type ClinicCardDraft = { name: string; timezone: string; address: string; phone: string }
export type ClinicDraft = ClinicCardDraft & Record<BookingRuleName, number | string>

export function draftOfClinic(clinic: Clinic): ClinicDraft {
  const { name, timezone, address, phone, settings } = clinic
  // Whose own form it has.
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
