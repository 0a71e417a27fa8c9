import type { Page } from '../model/page.ts'

/** The items of a list, page after page. The next page is read when it is needed. */
export async function* pagesOf<Item>(read: (cursor: string | null) => Promise<Page<Item>>): AsyncGenerator<Item[]> {
  let cursor: string | null = null
  do {
    const page: Page<Item> = await read(cursor)
    yield page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}

/** Everything that a list has. */
export async function allItems<Item>(read: (cursor: string | null) => Promise<Page<Item>>): Promise<Item[]> {
  return (await Array.fromAsync(pagesOf(read))).flat()
}
