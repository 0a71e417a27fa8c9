import type pg from 'pg'

/**
 * PostgreSQL array literals, for the parameters and the result of a batch. The driver can write and read them too, but
 * treats every element as a text that may contain quotes. For 128 claims of twelve values that was a third of its work
 * to send them; with one result row per claim, sending and reading together took a quarter longer than with one row of
 * arrays.
 *
 * https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */

/** For values that never need quotes: uuid, integer, boolean, or a fixed keyword. null becomes NULL. */
export function plainArray<Item>(
  items: readonly Item[],
  valueFor: (item: Item) => string | number | boolean | null,
): string {
  let literal = ''
  for (const item of items) literal += `,${valueFor(item) ?? 'NULL'}`
  return `{${literal.slice(1)}}`
}

/** For any text. */
export function textArray<Item>(items: readonly Item[], textFor: (item: Item) => string | null): string {
  let literal = ''
  for (const item of items) {
    const text = textFor(item)
    literal += text === null ? ',NULL' : `,"${text.replace(/[\\"]/g, '\\$&')}"`
  }
  return `{${literal.slice(1)}}`
}

/** For values that become JSON. JSON text has no control characters, so JSON's quoting is valid for PostgreSQL too. */
export function jsonArray<Item>(items: readonly Item[], valueFor: (item: Item) => object | null): string {
  let literal = ''
  for (const item of items) {
    const value = valueFor(item)
    literal += value === null ? ',NULL' : `,${JSON.stringify(JSON.stringify(value))}`
  }
  return `{${literal.slice(1)}}`
}

/**
 * The elements of a literal whose values contain no commas, quotes, braces or backslashes: those of {@link plainArray},
 * and times.
 *
 * @throws Error for any other value
 */
export function readPlainArray(literal: string): (string | null)[] {
  if (literal === '{}') return []
  return literal.slice(1, -1).split(',').map(readPlain)
}

function readPlain(element: string): string | null {
  if (element === 'NULL') return null
  if (!element.startsWith('"')) return element
  if (element.length < 2 || !element.endsWith('"') || element.includes('\\')) {
    throw new Error(`An array of plain values cannot be read: it has ${element}.`)
  }
  return element.slice(1, -1)
}

/** For queries whose columns are parsed here: each column is returned as the text that PostgreSQL sent. */
export const asSent: pg.CustomTypesConfig = { getTypeParser: () => (text: unknown) => text }
