/** One page of a list, as the API returns it. `nextCursor` is null on the last page. */
export type Page<Item> = { items: Item[]; nextCursor: string | null }

/** Where a page begins, to be spread into a request's query: nothing for the first page. */
export type PageStart = { cursor?: string }

/** All pages of a list as one. `isCut`: there are more items than were read. */
export type AllPages<Item> = { items: Item[]; isCut: boolean }

/** Reads a list page by page, at most `pagesMax` of them. */
export async function readAllPages<Item>(
  pagesMax: number,
  readPage: (start: PageStart) => Promise<Page<Item>>,
): Promise<AllPages<Item>> {
  const items: Item[] = []
  let start: PageStart | null = {}
  for (let page = 0; start !== null && page < pagesMax; page += 1) {
    const read: Page<Item> = await readPage(start)
    items.push(...read.items)
    start = nextPageStart(read)
  }
  return { items, isCut: start !== null }
}

/** The options of an infinite query, whose reader adds a page at a time. */
export const pageByPage = { initialPageParam: {} as PageStart, getNextPageParam: nextPageStart }

function nextPageStart({ nextCursor }: { nextCursor: string | null }): PageStart | null {
  return nextCursor === null ? null : { cursor: nextCursor }
}
