/**
 * PostgreSQL array literals, as a batch's parameters. The driver makes them too, but takes every element for a text
 * that may hold quotes: for 128 claims of twelve values that was a third of what it did to send them.
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
