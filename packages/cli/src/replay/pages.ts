/** Every item of a list of the API, page by page. `fetchPage` receives the cursor to send, if there is one. */
export async function* pages<Item>(
  fetchPage: (page: { limit: number; cursor?: string }) => Promise<{ items: Item[]; nextCursor: string | null }>,
): AsyncGenerator<Item> {
  let cursor: string | null = null
  do {
    const page: { items: Item[]; nextCursor: string | null } = await fetchPage({
      limit: pageSize,
      ...(cursor === null ? {} : { cursor }),
    })
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}

/** The API's largest page. */
const pageSize = 100
