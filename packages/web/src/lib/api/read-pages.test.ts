import { expect, test } from 'vitest'
import { type Page, type PageStart, pageByPage, readAllPages } from './read-pages.ts'

/** A list of three pages with one item each, and the cursors with which they were requested. */
function threePages() {
  const requested: (string | undefined)[] = []
  const readPage = async ({ cursor }: PageStart): Promise<Page<number>> => {
    requested.push(cursor)
    const page = Number(cursor ?? '1')
    return { items: [page], nextCursor: page < 3 ? String(page + 1) : null }
  }
  return { readPage, requested }
}

test('pages are read in order up to the last one, each with the cursor of the one before', async () => {
  const { readPage, requested } = threePages()
  expect(await readAllPages(3, readPage)).toEqual({ items: [1, 2, 3], isCut: false })
  expect(requested).toEqual([undefined, '2', '3'])
})

test('no more than pagesMax pages are read, and the result says that there are more', async () => {
  const { readPage, requested } = threePages()
  expect(await readAllPages(2, readPage)).toEqual({ items: [1, 2], isCut: true })
  expect(requested).toHaveLength(2)
})

test('an infinite query continues until a page has no next cursor', () => {
  expect(pageByPage.getNextPageParam({ nextCursor: 'abc' })).toEqual({ cursor: 'abc' })
  expect(pageByPage.getNextPageParam({ nextCursor: null })).toBeNull()
})
