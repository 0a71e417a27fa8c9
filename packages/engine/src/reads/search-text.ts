/**
 * How texts are compared in a search: letters without their accents, in lower case. Both sides do the same, here and
 * in SQL; a part of a text is then found by `strpos`, which knows no wildcards, so that `%`, `_` and `\` are themselves.
 */
export function searchText(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
}

/** The same of an SQL expression, of the query's own making. `normalize` needs no extension, only a UTF8 database. */
export function searchTextSql(expression: string): string {
  return `lower(regexp_replace(normalize(${expression}, NFD), '[\\u0300-\\u036f]', '', 'g'))`
}
