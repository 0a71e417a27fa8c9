import sql, { type Sql } from 'sql-template-tag'

// A text is folded in SQL, where it is stored, or here; both by these tables.

/** Marks above and below letters, Arabic vowel signs, tatweel, and apostrophes: *O'Brien* and *OBrien*. */
const left = '\\u0300-\\u036f\\u0640\\u064b-\\u065f\\u0670\\u0027\\u0060\\u00b4\\u02bc\\u2018\\u2019'
const leftOut = new RegExp(`[${left}]`, 'gu')

/**
 * Letters without a decomposition, in both cases: `lower` of a database with the locale C leaves those beyond ASCII.
 * Then alef wasla, alef maksura and teh marbuta, which are often exchanged. `translate` looks through all of them for
 * each letter of a text: forty letters took more time than all else.
 */
const letters = { from: 'ĐđÐðıŁłØøÆæŒœÞþẞ\u0671\u0649\u0629', to: 'ddddillooaaoottß\u0627\u064a\u0647' } as const
const single = new Map([...letters.from].map((letter, index) => [letter, [...letters.to][index] ?? letter]))

/** Two letters that are written for one: *Mueller* for *Müller*, *Aagaard* for *Ågård*, *Thor* for *Þór*. */
const transliterations = [
  ['ae', 'a'],
  ['oe', 'o'],
  ['ue', 'u'],
  ['aa', 'a'],
  ['dj', 'd'],
  ['th', 't'],
] as const

/**
 * Without accents and in lower case (letters beyond ASCII by the database's locale), and as people type names: `ss` for
 * `ß`; in Arabic without hamza, vowel signs and tatweel, and with one letter for those that are often exchanged at the
 * end of a word. `normalize` needs no extension, only a UTF8 database.
 */
export function folded(text: Sql): Sql {
  const bare = sql`regexp_replace(normalize(${text}, NFD), ${`[${left}]`}::text, '', 'g')`
  const plain = sql`replace(translate(${bare}, ${letters.from}::text, ${letters.to}::text), 'ß', 'ss')`
  // A text of ASCII takes a fraction of the time.
  return sql`case when octet_length(${text}) = length(${text}) then translate(lower(${text}), ${"'`"}::text, '')
                  else lower(${plain}) end`
}

/** As {@link folded}, here. */
export function foldedHere(text: string): string {
  const bare = text.normalize('NFD').replace(leftOut, '')
  const plain = [...bare].map((letter) => single.get(letter) ?? letter).join('')
  return plain.replaceAll('ß', 'ss').toLowerCase()
}

/** A text that is {@link folded}, with one letter for each of the {@link transliterations}. */
export function transliterated(foldedText: Sql): Sql {
  return transliterations.reduce(
    (one, [two, letter]) => sql`replace(${one}, ${two}::text, ${letter}::text)`,
    foldedText,
  )
}
