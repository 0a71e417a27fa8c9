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

  /** @returns a function that releases the slot (idempotent), or why there is no free slot */
  take(address: string): (() => void) | ConnectionRefusal {
    if (this.#count >= this.#max) return 'full'
    const ofAddress = this.#byAddress.get(address) ?? 0
    if (this.#perAddressMax !== null && ofAddress >= this.#perAddressMax) return 'full_for_address'
    this.#count += 1
    this.#byAddress.set(address, ofAddress + 1)
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      this.#count -= 1
      const left = (this.#byAddress.get(address) ?? 1) - 1
      if (left === 0) this.#byAddress.delete(address)
      else this.#byAddress.set(address, left)
    }
  }
}
