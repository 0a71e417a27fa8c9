import type { Clinic, ClinicChange } from '@holdfast/contract/client'

export type SettingName = keyof Clinic['settings']

/** The limits of the API's contract. */
export const settingLimits: readonly { name: SettingName; min: number; max: number; step: number }[] = [
  { name: 'holdSeconds', min: 30, max: 900, step: 30 },
  { name: 'holdExtensionsMax', min: 0, max: 20, step: 1 },
  { name: 'minimumNoticeMinutes', min: 0, max: 525_600, step: 15 },
  { name: 'bookingHorizonDays', min: 1, max: 730, step: 1 },
  { name: 'cancellationDeadlineMinutes', min: 0, max: 525_600, step: 60 },
  { name: 'patientDataMonths', min: 0, max: 120, step: 1 },
]

/** The values of the form's fields. */
export type ClinicCardDraft = { name: string; timezone: string; address: string; phone: string }
export type ClinicDraft = ClinicCardDraft & Record<SettingName, number | string>

export function draftOfClinic(clinic: Clinic): ClinicDraft {
  const { name, timezone, address, phone, settings } = clinic
  return { name, timezone, address: address ?? '', phone: phone ?? '', ...settings }
}

/** The changes to the clinic; null if there are none, or if a number is missing or out of its limits. */
export function changeOf(draft: ClinicDraft, clinic: Clinic): ClinicChange | null {
  const change: ClinicChange = {}
  if (draft.name.trim() !== clinic.name) change.name = draft.name.trim()
  if (draft.timezone !== clinic.timezone) change.timezone = draft.timezone
  if (draft.address.trim() !== (clinic.address ?? '')) change.address = draft.address.trim() || null
  if (draft.phone.trim() !== (clinic.phone ?? '')) change.phone = draft.phone.trim() || null
  const settings: NonNullable<ClinicChange['settings']> = {}
  for (const { name, min, max } of settingLimits) {
    const value = Number(draft[name])
    if (draft[name] === '' || !Number.isInteger(value) || value < min || value > max) return null
    if (value !== clinic.settings[name]) settings[name] = value
  }
  if (Object.keys(settings).length > 0) change.settings = settings
  return Object.keys(change).length > 0 ? change : null
}
