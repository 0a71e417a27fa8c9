const storageKey = 'holdfast-keep-booking'

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/**
 * Remembers that the user wants this booking in their account, while they sign in. The tab stores only the booking's
 * id. If a URL could request it, somebody could send that URL to another person, who would find a stranger's booking in
 * their account.
 */
export function rememberLinkRequest(bookingId: string, storage: Store = sessionStorage): void {
  storage.setItem(storageKey, bookingId)
}

/** Whether linking this booking was requested in this tab. Clears the request, also one for another booking. */
export function takeLinkRequest(bookingId: string, storage: Store = sessionStorage): boolean {
  const requested = storage.getItem(storageKey)
  if (requested !== null) storage.removeItem(storageKey)
  return requested === bookingId
}
