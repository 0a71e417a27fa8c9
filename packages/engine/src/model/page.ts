/** A page of a keyset-paginated list; `nextCursor` is opaque, null on the last page. */
export type Page<Item> = { items: Item[]; nextCursor: string | null }
