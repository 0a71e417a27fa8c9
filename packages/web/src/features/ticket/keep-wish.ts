const storageKey = 'holdfast-keep-booking'

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/**
 * Somebody wants this booking in their account, and goes to sign in first. Only the tab remembers, and only the
 * booking's id: an address that asked for it could be sent to somebody else, who would find a stranger's booking in
 * their account.
 */
export function wishToKeep(bookingId: string, storage: Store = sessionStorage): void {
  storage.setItem(storageKey, bookingId)
}

/** Whether the tab remembers this booking. Clears what it remembers. */
export function takeWish(bookingId: string, storage: Store = sessionStorage): boolean {
  const wished = storage.getItem(storageKey)
  if (wished !== null) storage.removeItem(storageKey)
  return wished === bookingId
}
