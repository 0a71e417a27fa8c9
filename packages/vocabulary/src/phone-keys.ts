/** The codes of countries, by their digits (ITU-T E.164). */
const [oneOrTwo, three] = [
  '[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]',
  '(?:0\\d|2[1-689]|3[578]|42|5[09]|6[7-9]|8[035789]|9[679])\\d',
]

/** The code of a country, without `+` or `00`. */
export const countryCodePattern = `(?:${oneOrTwo}|${three})`

/** What `fold_phone` of the database removes: a country's code, the zeros at the start, and `+`. */
const prefixes = new RegExp(`^(?:\\+|00)${countryCodePattern}0*|^0+|\\+`, 'g')

/**
 * What two spellings of a telephone number have in common: its digits, without the country's code after `+` or `00`,
 * and without leading zeros, as the database compares them. null: it has no such digits.
 */
export function foldedPhone(phone: string): string | null {
  const digits = phone.replaceAll(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) % 16))
  return digits.replaceAll(/[^0-9+]/g, '').replaceAll(prefixes, '') || null
}

/**
 * What a telephone number is compared by, as `identity_keys` of the database does: two numbers are the same if they
 * have one of these in common. None: it has no digits.
 */
export function phoneKeys(phone: string): string[] {
  const folded = foldedPhone(phone)
  const digits = phone.replaceAll(/[^0-9]/g, '')
  return [...(folded === null ? [] : [`phone ${folded}`]), ...(digits === '' ? [] : [`digits ${digits}`])]
}
