/** What people say at the desk or on the phone: the last eight characters of a booking's id, in two groups. */
export function referenceOf(bookingId: string): string {
  const last = bookingId.slice(-8).toUpperCase()
  return `${last.slice(0, 4)}-${last.slice(4)}`
}
