import { pagesOf } from '@holdfast/engine'

/** The API's largest page. */
const pageSize = 100

/** Every item of a list of the API, page by page. `fetchPage` receives the cursor to send, if there is one. */
export async function* pages<Item>(
  fetchPage: (page: { limit: number; cursor?: string }) => Promise<{ items: Item[]; nextCursor: string | null }>,
): AsyncGenerator<Item> {
  const read = (cursor: string | null) => fetchPage({ limit: pageSize, ...(cursor === null ? {} : { cursor }) })
  for await (const items of pagesOf(read)) yield* items
}
