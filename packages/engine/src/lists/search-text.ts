import sql, { join, type Sql } from 'sql-template-tag'
import { folded, foldedHere, transliterated } from './folded-text.ts'

/** More words are searched for as one text only. */
const wordsMax = 8
/** A shorter number without its country's code is part of too many numbers. */
const nationalLengthMin = 3
/** The codes of one and two digits; all others have three (ITU-T E.164). */
const shortCountryCode = /^(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/

/** Conditions on one text: {@link foldedOnce} folds it for all of them, because a search spends its time on folding. */
export type TextCondition = { readonly onFolded: Sql }

/**
 * Whether the text has `part`, folded on both sides, also as it is transliterated. `strpos` has no wildcards, so `%`,
 * `_` and `\` match themselves.
 */
export function hasPart(part: string): TextCondition {
  const wanted = sql`${foldedHere(part)}::text`
  return {
    onFolded: sql`(strpos(t.folded, ${wanted}) > 0 or strpos(t.transliterated, ${transliterated(wanted)}) > 0)`,
  }
}

export function allOf(conditions: readonly TextCondition[]): TextCondition {
  return { onFolded: sql`(${join(conditions.map(onFolded), ' and ')})` }
}

export function anyOf(conditions: readonly TextCondition[]): TextCondition {
  return { onFolded: sql`(${join(conditions.map(onFolded), ' or ')})` }
}

/**
 * Whether each word of `q` is in the text, in any order. Digits are also compared with those of a phone number:
 * `01712345678`, `+49 171 2345678` and `0049 (0)171 / 2345678` are one number.
 */
export function hasWords(q: string): TextCondition {
  const tokens = withDigits(q)
    .split(/[\s,;]+/)
    .filter((token) => /[\p{L}\p{N}]/u.test(token))
  if (tokens.length === 0 || tokens.length > wordsMax) return hasPart(q.trim())
  const parts = groupedNumbers(tokens).map((group) => {
    const words = allOf(group.flatMap(wordsOf).map(hasPart))
    return group.every(isNumber) ? anyOf([words, ...formsOf(group.join('')).map(hasDigits)]) : words
  })
  return allOf(parts)
}

/** The same for a text that was folded when it was stored; its transliteration is in a separate line. */
export function matchesFolded(text: Sql, condition: TextCondition): Sql {
  return sql`(
    select ${condition.onFolded} from (select ${text} as folded, ${text} as transliterated, ${text} as digits) t)`
}

/**
 * The condition on a text, and the digits of a phone number, if there is one. `offset 0` keeps the planner from reading
 * and folding the text anew wherever it is used.
 */
export function foldedOnce(text: Sql, condition: TextCondition, phone: Sql | null = null): Sql {
  const digits = phone === null ? sql`''` : sql`regexp_replace(${folded(sql`s.phone`)}, '[^0-9]', '', 'g')`
  return sql`(
    select ${condition.onFolded}
      from (select f.folded, ${transliterated(sql`f.folded`)} as transliterated, f.digits
              from (select ${folded(sql`s.text`)} as folded, ${digits} as digits
                      from (select ${text} as text, ${phone ?? sql`''`}::text as phone offset 0) s
                    offset 0) f
            offset 0) t)`
}

function hasDigits(digits: string): TextCondition {
  return { onFolded: sql`strpos(t.digits, ${digits}::text) > 0` }
}

function onFolded(condition: TextCondition): Sql {
  return condition.onFolded
}

/** A name with a hyphen is also found without it, and the other way round. */
function wordsOf(token: string): string[] {
  return token.split(/-+/).filter((word) => word !== '')
}

/** The tokens of a number that follow each other are one number. */
function groupedNumbers(tokens: readonly string[]): string[][] {
  const groups: string[][] = []
  for (const token of tokens) {
    const last = groups.at(-1)
    if (last !== undefined && isNumber(token) && last.every(isNumber)) last.push(token)
    else groups.push([token])
  }
  return groups
}

function isNumber(token: string): boolean {
  return /^[+(]*\d[\d()/.-]*$/.test(token)
}

/** The text with the digits of Arabic and Persian as those of phone numbers. */
export function withDigits(text: string): string {
  return text.replaceAll(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) % 16))
}

/** What a stored number may have of a number: its digits, also without the country's code or the leading zero. */
function formsOf(number: string): string[] {
  const digits = number.replaceAll(/\D/g, '')
  const international = /^\+|^00/.test(number) ? digits.replace(/^00/, '') : null
  const national = (international ?? digits).replace(international === null ? '' : countryCodeOf(international), '')
  const significant = national.replace(/^0+/, '')
  const whole = international ?? digits
  // Nothing is left of "00" alone, and every number would have that.
  if (whole === '') return digits === '' ? [] : [digits]
  return significant.length < nationalLengthMin ? [whole] : [...new Set([whole, significant])]
}

function countryCodeOf(international: string): string {
  return shortCountryCode.exec(international)?.[0] ?? international.slice(0, 3)
}
