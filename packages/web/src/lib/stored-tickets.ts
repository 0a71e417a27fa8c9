import type { Booking, Clinic, Doctor } from '@holdfast/contract/client'

/** The data of a ticket when it was last shown. It contains no secret, so no video link either. */
export type StoredTicket = { booking: Booking; doctor: Doctor; clinic: Clinic; keptAt: number }

const cacheName = 'holdfast-tickets'
const storedMax = 30

/**
 * Stores a ticket in this browser, to be read without a network. Does nothing if there is no cache, or if it is full.
 */
export async function storeTicket(ticket: Omit<StoredTicket, 'keptAt'>): Promise<void> {
  try {
    const cache = await caches.open(cacheName)
    const stored: StoredTicket = { ...ticket, booking: { ...ticket.booking, joinUrl: null }, keptAt: Date.now() }
    await cache.put(addressOf(ticket.booking.id), Response.json(stored))
    // Keys are in insertion order.
    const addresses = await cache.keys()
    await Promise.all(addresses.slice(0, -storedMax).map((address) => cache.delete(address)))
  } catch (error) {
    console.warn('the ticket could not be stored for offline use', error)
  }
}

export async function readStoredTicket(bookingId: string): Promise<StoredTicket | null> {
  try {
    const stored = await caches.match(addressOf(bookingId), { cacheName })
    if (stored === undefined) return null
    const ticket: StoredTicket = await stored.json()
    // Older builds stored bookings without this field.
    return { ...ticket, booking: { ...ticket.booking, joinUrl: null } }
  } catch {
    return null
  }
}

/** After signing out: the next user of this machine may be somebody else. */
export async function deleteStoredTickets(): Promise<void> {
  try {
    await caches.delete(cacheName)
  } catch {
    // Without a cache there is nothing to delete.
  }
}

function addressOf(bookingId: string): string {
  return `/kept-tickets/${bookingId}`
}
