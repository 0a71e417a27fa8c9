import sql, { type Sql } from 'sql-template-tag'

/**
 * Whether the text of an SQL expression contains `part`, {@link folded} on both sides. `strpos` has no wildcards, so
 * `%`, `_` and `\` match themselves.
 */
export function contains(text: Sql, part: string): Sql {
  return foldedContains(folded(text), part)
}

/** As {@link contains}, for a text that is {@link folded} already: folding is most of the work of a search. */
export function foldedContains(foldedText: Sql, part: string): Sql {
  return sql`strpos(${foldedText}, ${folded(sql`${part}::text`)}) > 0`
}

/**
 * Without accents and in lower case (letters beyond ASCII by the database's locale), and as people type names: `ss` for
 * `ß`; in Arabic without hamza, vowel signs and tatweel, and with one letter for those that are often exchanged at the
 * end of a word. `normalize` needs no extension, only a UTF8 database.
 */
export function folded(text: Sql): Sql {
  const bare = sql`regexp_replace(normalize(${text}, NFD), '[\\u0300-\\u036f\\u0640\\u064b-\\u065f\\u0670]', '', 'g')`
  // Alef wasla, alef maksura and teh marbuta.
  const plain = sql`translate(${bare}, U&'\\0671\\0649\\0629', U&'\\0627\\064a\\0647')`
  return sql`replace(lower(${plain}), U&'\\00df', 'ss')`
}
