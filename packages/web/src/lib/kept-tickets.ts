import type { Booking, Clinic, Doctor } from '@holdfast/contract/client'

/** The data of a ticket when it was last shown. It contains no secret, so no video link either. */
export type KeptTicket = { booking: Booking; doctor: Doctor; clinic: Clinic; keptAt: number }

const cacheName = 'holdfast-tickets'
const keptMax = 30

/**
 * Tickets are kept in this browser, to be read without a network. Where there is no cache, or it is full, they aren't.
 */
export async function keepTicket(ticket: Omit<KeptTicket, 'keptAt'>): Promise<void> {
  try {
    const cache = await caches.open(cacheName)
    const kept: KeptTicket = { ...ticket, booking: { ...ticket.booking, joinUrl: null }, keptAt: Date.now() }
    await cache.put(addressOf(ticket.booking.id), Response.json(kept))
    // Keys are in insertion order.
    const addresses = await cache.keys()
    await Promise.all(addresses.slice(0, -keptMax).map((address) => cache.delete(address)))
  } catch (error) {
    console.warn('the ticket could not be kept for reading it offline', error)
  }
}

export async function readKeptTicket(bookingId: string): Promise<KeptTicket | null> {
  try {
    const kept = await caches.match(addressOf(bookingId), { cacheName })
    if (kept === undefined) return null
    const ticket: KeptTicket = await kept.json()
    // Older builds stored bookings without this field.
    return { ...ticket, booking: { ...ticket.booking, joinUrl: null } }
  } catch {
    return null
  }
}

/** After signing out: the next user of this machine may be somebody else. */
export async function forgetTickets(): Promise<void> {
  try {
    await caches.delete(cacheName)
  } catch {
    // Without a cache there is nothing to delete.
  }
}

function addressOf(bookingId: string): string {
  return `/kept-tickets/${bookingId}`
}
