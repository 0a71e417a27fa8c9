import type { FastifyRequest } from 'fastify'
import { problem } from '../errors/problem-error.ts'
import { clientAddress } from './client-address.ts'

export type ConnectionRefusal = 'full' | 'full_for_address'

/** Counts open connections in total and by address, and refuses those over the limits. */
export class ConnectionSlots {
  readonly #max: number
  readonly #perAddressMax: number | null
  readonly #byAddress = new Map<string, number>()
  #count = 0

  constructor(max: number, perAddressMax: number | null) {
    this.#max = max
    this.#perAddressMax = perAddressMax
  }

  get count(): number {
    return this.#count
  }

  countOf(address: string): number {
    return this.#byAddress.get(address) ?? 0
  }

  /**
   * @param address null: the limit per address does not apply
   * @param others connections that are counted here too, but do not use up these limits
   * @returns a function that releases the slot (idempotent), or why there is no free slot
   */
  take(address: string | null, others?: ConnectionSlots): (() => void) | ConnectionRefusal {
    if (this.#count - (others?.count ?? 0) >= this.#max) return 'full'
    if (address !== null && this.#perAddressMax !== null) {
      const ofAddress = this.countOf(address) - (others?.countOf(address) ?? 0)
      if (ofAddress >= this.#perAddressMax) return 'full_for_address'
    }
    this.#add(address, 1)
    let isReleased = false
    return () => {
      if (!isReleased) this.#add(address, -1)
      isReleased = true
    }
  }

  #add(address: string | null, change: 1 | -1): void {
    this.#count += change
    if (address === null) return
    const ofAddress = this.countOf(address) + change
    if (ofAddress === 0) this.#byAddress.delete(address)
    else this.#byAddress.set(address, ofAddress)
  }
}

/** Counts the live connection of a request. @returns what releases it @throws ProblemError */
export function takeSlot(slots: ConnectionSlots, request: FastifyRequest): () => void {
  const slot = slots.take(clientAddress(request))
  if (slot === 'full') {
    throw problem('overloaded', 'The server has reached its limit of live connections.', { retryAfterSeconds: 30 })
  }
  if (slot === 'full_for_address') {
    throw problem('rate_limited', 'There are too many live connections from this address.', { retryAfterSeconds: 30 })
  }
  return slot
}
