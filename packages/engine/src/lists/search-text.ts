import sql, { type Sql } from 'sql-template-tag'

/**
 * Whether the text of an SQL expression contains `part`: without accents and in lower case on both sides (letters
 * beyond ASCII by the database's locale). `strpos` has no wildcards, so `%`, `_` and `\` match themselves. `normalize`
 * needs no extension, only a UTF8 database.
 */
export function contains(text: Sql, part: string): Sql {
  return sql`strpos(${folded(text)}, ${folded(sql`${part}::text`)}) > 0`
}

/** Without accents and in lower case, as {@link contains} compares. */
export function folded(text: Sql): Sql {
  return sql`lower(regexp_replace(normalize(${text}, NFD), '[\\u0300-\\u036f]', '', 'g'))`
}
