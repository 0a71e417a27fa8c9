import { parsePhoneNumberFromString as parsed } from 'libphonenumber-js/min'

/**
 * Whether nobody is likely to be reached by this telephone number: its country has no such numbers. Numbers without a
 * country's code are read as of the clinic's country, if the clinic's own number says which that is; otherwise by their
 * length alone.
 */
export function isUnlikelyNumber(text: string, clinicPhone: string | null): boolean {
  const number = text.trim().replace(/^00/, '+')
  if (number === '') return false
  const country = clinicPhone === null ? undefined : parsed(clinicPhone)?.country
  const found = parsed(number, country)
  if (found !== undefined) return !found.isValid()
  if (country !== undefined || number.startsWith('+')) return true
  const digits = number.match(/\p{Nd}/gu)?.length ?? 0
  return digits < 5 || digits > 15
}
