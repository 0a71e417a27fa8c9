/** One line of text with a digit of any script: numbers are written in many ways, `+49 30 1234 (ext. 5)` among them. */
export const phoneNumberPattern = '^[^\\p{Nd}\\p{Cc}\\p{Cs}]*\\p{Nd}[^\\p{Cc}\\p{Cs}]*$'

const pattern = new RegExp(phoneNumberPattern, 'u')

/** Whether a text may be a telephone number: the rule of the API, which the site's forms check too. */
export function isPhoneNumber(text: string): boolean {
  return pattern.test(text)
}
