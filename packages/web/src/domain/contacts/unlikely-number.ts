import type { Clinic } from '@holdfast/contract/client'
import { type CountryCode, getCountries, parsePhoneNumberFromString as parsed } from 'libphonenumber-js/min'
import { isSameZone } from '../../lib/time/same-zone.ts'

/**
 * Whether nobody is likely to be reached by this telephone number: its country has no such numbers. Numbers without a
 * country's code are read as of the clinic's country, as the clinic's own number says, or else its time zone; if
 * neither does, by their length alone.
 */
export function isUnlikelyNumber(text: string, clinic: Pick<Clinic, 'phone' | 'timezone'>): boolean {
  const number = international(text)
  if (number === '') return false
  const country = (clinic.phone && parsed(international(clinic.phone))?.country) || countryOfZone(clinic.timezone)
  const found = parsed(number, country)
  if (found !== undefined) return !found.isValid()
  if (country !== undefined || number.startsWith('+')) return true
  const digits = number.match(/\p{Nd}/gu)?.length ?? 0
  return digits < 5 || digits > 15
}

const international = (text: string) => text.trim().replace(/^00/, '+')

/** The country of a time zone; undefined: there is none, or several, or the browser does not know. */
function countryOfZone(timeZone: string): CountryCode | undefined {
  const countriesOf = (isOf: (zone: string) => boolean) =>
    getCountries().filter((country) => zonesOf(country).some(isOf))
  const named = countriesOf((zone) => zone === timeZone)
  // Comparing all zones takes 13 ms: by another name, only if no country has this one.
  const found = named.length > 0 ? named : countriesOf((zone) => isSameZone(zone, timeZone))
  return found.length === 1 ? found[0] : undefined
}

/** Some browsers have no such list. */
function zonesOf(country: CountryCode): readonly string[] {
  const locale: { getTimeZones?: () => string[] | undefined } = new Intl.Locale(`und-${country}`)
  return locale.getTimeZones?.() ?? []
}
