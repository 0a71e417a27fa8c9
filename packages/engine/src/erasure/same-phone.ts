import {
  isSupportedCountry,
  parsePhoneNumberFromString as parsed,
  parseIncompletePhoneNumber as withoutPunctuation,
} from 'libphonenumber-js/max'

/**
 * Whether two telephone numbers are one: in their international form (E.164) with the same extension. If one is no
 * number, or a national one of an unknown country, all digits must be the same.
 *
 * @param country the country of the clinic, to which numbers without a country's code belong
 */
export function samePhone(one: string, other: string, country: string | null): boolean {
  const [ofOne, ofOther] = [international(one, country), international(other, country)]
  if (ofOne !== null && ofOther !== null) return ofOne === ofOther
  const digits = digitsOf(one)
  return digits !== '' && digits === digitsOf(other)
}

/** The digits of a number, also if they are Arabic or Persian. */
export function digitsOf(phone: string): string {
  return withoutPunctuation(phone).replace('+', '')
}

/** A text with more than one number, or with words, is none: it could be read as the number of somebody else. */
function international(phone: string, country: string | null): string | null {
  const inCountry = country !== null && isSupportedCountry(country) ? { defaultCountry: country } : {}
  const number = parsed(phone, { ...inCountry, extract: false })
  return number?.isValid() ? `${number.number} ${number.ext ?? ''}` : null
}
