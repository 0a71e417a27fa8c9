/**
 * \p{DI} without joiners, which Persian needs, and without the two that choose how symbols are presented; and what is
 * shown as a blank or as nothing: the blank of Braille, marks of annotations, and the place of an object.
 */
const INVISIBLE =
  '\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u200e\\u200f\\u202a-\\u202e' +
  '\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0d\\ufeff\\uffa0\\ufff0-\\ufffc\\u{1bca0}-\\u{1bca3}' +
  '\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}'
const VISIBLE = '[^\\p{Zs}\\p{Zl}\\p{Zp}\\p{DI}\\u2800\\ufff9-\\ufffc\\p{Cc}\\p{Co}\\p{Cs}]'
const NOT_IN_NAMES = `\\p{Zl}\\p{Zp}\\p{Cc}\\p{Co}\\p{Cs}${INVISIBLE}`
/**
 * One line of text that is not blank, without characters that are invisible, change the direction or have no agreed
 * shape (private use): names that look alike are the same.
 */
export const namePattern = `^[\\p{Zs}\\u200c\\u200d\\ufe0e\\ufe0f]*${VISIBLE}[^${NOT_IN_NAMES}]*$`

/** The same without any character of \p{DI}: the codes of two patients must not look alike. */
export const codePattern = `^\\p{Zs}*${VISIBLE}[^${NOT_IN_NAMES}\\p{DI}]*$`

/** The same without `|`, which ends the name of a system in `system|value`. */
export const systemPattern = `^\\p{Zs}*${VISIBLE.replace('[^', '[^|')}[^|${NOT_IN_NAMES}\\p{DI}]*$`

export const nameExpected =
  'one line of text that is not blank, without characters that are invisible or change its direction'

const regExp = new RegExp(namePattern, 'u')

/** Whether a text is a name, as of a clinic, a doctor or an account: also in a command or an imported file. */
export function isName(text: string, charactersMax: number): boolean {
  return [...text].length <= charactersMax && regExp.test(text)
}
