import type { Booking, Clinic, Doctor, VisitType } from '@holdfast/contract/client'

/** The data of a ticket when it was last shown, and the secret that opens it again. It has no video link or answers. */
export type StoredTicket = {
  booking: Booking
  doctor: Doctor
  clinic: Clinic
  /** What is booked in an open session. */
  visitType?: VisitType | undefined
  manageToken: string | null
  keptAt: number
}

const cacheName = 'holdfast-kept-tickets'
/** Older builds stored every ticket that was opened, unasked. */
const oldCacheName = 'holdfast-tickets'
const forgottenKey = 'holdfast-forgotten-tickets'
const storedMax = 30

/** Stores a ticket in this browser. @returns false without a cache, or if it is full */
export async function storeTicket(ticket: Omit<StoredTicket, 'keptAt'>): Promise<boolean> {
  try {
    const cache = await caches.open(cacheName)
    // What the patient has answered is not for others who use this device.
    const { answers: _answers, ...booking } = ticket.booking
    const stored: StoredTicket = { ...ticket, booking: { ...booking, joinUrl: null }, keptAt: Date.now() }
    await cache.put(addressOf(ticket.booking.id), Response.json(stored))
    // Keys are in insertion order.
    const addresses = await cache.keys()
    await Promise.all(addresses.slice(0, -storedMax).map((address) => cache.delete(address)))
    return true
  } catch (error) {
    console.warn('the ticket could not be stored for offline use', error)
    return false
  }
}

export async function readStoredTicket(bookingId: string): Promise<StoredTicket | null> {
  try {
    await caches.delete(oldCacheName)
    const stored = await caches.match(addressOf(bookingId), { cacheName })
    return stored === undefined ? null : await stored.json()
  } catch {
    return null
  }
}

/** All tickets that are stored here, the next appointment first. */
export async function readStoredTickets(): Promise<StoredTicket[]> {
  try {
    const cache = await caches.open(cacheName)
    const responses = await Promise.all((await cache.keys()).map((address) => cache.match(address)))
    const tickets = await Promise.all(
      responses.map(async (stored): Promise<StoredTicket[]> => (stored ? [await stored.json()] : [])),
    )
    return tickets.flat().sort((a, b) => Date.parse(a.booking.startsAt) - Date.parse(b.booking.startsAt))
  } catch {
    return []
  }
}

/** The tab's history does not open this ticket any more either, but its link does. */
export async function forgetTicket(bookingId: string): Promise<void> {
  setForgotten([...forgottenTickets(), bookingId])
  try {
    const cache = await caches.open(cacheName)
    await cache.delete(addressOf(bookingId))
  } catch {
    // Without a cache there is nothing to delete.
  }
}

export function isForgotten(bookingId: string): boolean {
  return forgottenTickets().includes(bookingId)
}

/** Its link was opened again. */
export function rememberTicket(bookingId: string): void {
  if (isForgotten(bookingId)) setForgotten(forgottenTickets().filter((id) => id !== bookingId))
}

function forgottenTickets(): string[] {
  return sessionStorage.getItem(forgottenKey)?.split(' ') ?? []
}

function setForgotten(ids: readonly string[]): void {
  if (ids.length === 0) sessionStorage.removeItem(forgottenKey)
  else sessionStorage.setItem(forgottenKey, ids.join(' '))
}

/** Call this after signing out: the next user of this machine may be somebody else. */
export async function deleteStoredTickets(): Promise<void> {
  try {
    await Promise.all([caches.delete(cacheName), caches.delete(oldCacheName)])
  } catch {
    // Without a cache there is nothing to delete.
  }
}

function addressOf(bookingId: string): string {
  return `/kept-tickets/${bookingId}`
}
