import type { Booking, Clinic, Doctor } from '@holdfast/contract/client'

/** What a ticket shows, as it was when it was last seen. No secret is in it, so no way into the video visit either. */
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
    // In the order in which they were first put.
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
    // Older builds kept bookings that knew of no such way.
    return { ...ticket, booking: { ...ticket.booking, joinUrl: null } }
  } catch {
    return null
  }
}

/** After signing out: the next one at this machine is somebody else. */
export async function forgetTickets(): Promise<void> {
  try {
    await caches.delete(cacheName)
  } catch {
    // There is no cache here, so there is nothing in it.
  }
}

function addressOf(bookingId: string): string {
  return `/kept-tickets/${bookingId}`
}
