import type pg from 'pg'

/**
 * PostgreSQL array literals, as a batch's parameters and its answer. The driver makes and reads them too, but takes every
 * element for a text that may hold quotes: for 128 claims of twelve values that was a third of what it did to send them,
 * and with an answer of a row a claim, sending and reading together took a quarter longer than with one row of arrays.
 *
 * https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */

/** Of values that are never quoted: uuid, integer, boolean, or one of our own words. null becomes NULL. */
export function plainArray<Item>(
  items: readonly Item[],
  valueFor: (item: Item) => string | number | boolean | null,
): string {
  let literal = ''
  for (const item of items) literal += `,${valueFor(item) ?? 'NULL'}`
  return `{${literal.slice(1)}}`
}

/** Of anything that anybody wrote. */
export function textArray<Item>(items: readonly Item[], textFor: (item: Item) => string | null): string {
  let literal = ''
  for (const item of items) {
    const text = textFor(item)
    literal += text === null ? ',NULL' : `,"${text.replace(/[\\"]/g, '\\$&')}"`
  }
  return `{${literal.slice(1)}}`
}

/** Of values that become JSON. JSON has no control characters, so that its own quoting is PostgreSQL's too. */
export function jsonArray<Item>(items: readonly Item[], valueFor: (item: Item) => object | null): string {
  let literal = ''
  for (const item of items) {
    const value = valueFor(item)
    literal += value === null ? ',NULL' : `,${JSON.stringify(JSON.stringify(value))}`
  }
  return `{${literal.slice(1)}}`
}

/**
 * The elements of a literal of values without commas, quotes, braces and backslashes of their own: what {@link plainArray}
 * takes, and times.
 *
 * @throws Error for any other
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

/** For a query whose columns are read here: each comes as the text that PostgreSQL sent. */
export const asSent: pg.CustomTypesConfig = { getTypeParser: () => (text: unknown) => text }
