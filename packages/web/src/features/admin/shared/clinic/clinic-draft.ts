import type { Clinic, ClinicChange } from '@holdfast/contract/client'
import {
  type ClinicSettingName,
  type ClinicTextName,
  clinicSettingNames,
  clinicSettings,
  clinicTextNames,
  clinicTexts,
  eachClinicText,
  isPhoneNumber,
} from '@holdfast/vocabulary'

/** How long data is stored is on another page. */
const ofPrivacy = ['patientDataMonths', 'messageDays'] as const satisfies ClinicSettingName[]
type OfPrivacy = (typeof ofPrivacy)[number]
export type BookingRuleName = Exclude<ClinicSettingName, OfPrivacy>

/** The rules of bookings, in the order of their form. */
export const bookingRules = clinicSettingNames
  .filter((name): name is BookingRuleName => !ofPrivacy.some((one) => one === name))
  .map((name) => ({ name, ...clinicSettings[name] }))

/** The values of the form's fields. */
export type ClinicCardDraft = { name: string; timezone: string } & Record<ClinicTextName, string>
export type ClinicDraft = ClinicCardDraft & Record<BookingRuleName, number | string>

export function draftOfClinic(clinic: Clinic): ClinicDraft {
  const { name, timezone, settings } = clinic
  const { patientDataMonths: _months, messageDays: _days, ...rules } = settings
  return { name, timezone, ...eachClinicText((text) => clinic[text] ?? ''), ...rules }
}

/** The telephone numbers that are not valid, as the form's errors; a clinic may have none. */
export function invalidNumbers(draft: ClinicCardDraft, message: string): Partial<Record<ClinicTextName, string>> {
  const isInvalid = (text: string) => text !== '' && !isPhoneNumber(text)
  const numbers = clinicTextNames.filter((name) => clinicTexts[name].kind === 'phone')
  return Object.fromEntries(numbers.filter((name) => isInvalid(draft[name].trim())).map((name) => [name, message]))
}

/** The texts as they are stored. */
export function textsOf(draft: ClinicCardDraft): Record<ClinicTextName, string | null> {
  return eachClinicText((name) => draft[name].trim() || null)
}

/** The changes to the clinic; null if there are none, or if a number is missing or out of its limits. */
export function changeOf(draft: ClinicDraft, clinic: Clinic): ClinicChange | null {
  const change: ClinicChange = {}
  if (draft.name.trim() !== clinic.name) change.name = draft.name.trim()
  if (draft.timezone !== clinic.timezone) change.timezone = draft.timezone
  const texts = textsOf(draft)
  for (const name of clinicTextNames) if (texts[name] !== clinic[name]) change[name] = texts[name]
  const settings: NonNullable<ClinicChange['settings']> = {}
  for (const { name, min, max } of bookingRules) {
    const value = Number(draft[name])
    if (draft[name] === '' || !Number.isInteger(value) || value < min || value > max) return null
    if (value !== clinic.settings[name]) settings[name] = value
  }
  if (Object.keys(settings).length > 0) change.settings = settings
  return Object.keys(change).length > 0 ? change : null
}
