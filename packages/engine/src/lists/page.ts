import type { Page } from '../model/page.ts'

/**
 * A page of at most `limit` items from the rows of a query with `limit + 1`: one row more means that a page follows.
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => Item,
  cursorOf: (last: Row) => string,
): Page<Item> {
  const last = rows[limit - 1]
  const hasNext = rows.length > limit && last !== undefined
  return { items: rows.slice(0, limit).map(itemOf), nextCursor: hasNext ? cursorOf(last) : null }
}
