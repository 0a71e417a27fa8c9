import { DatabaseUnavailable } from '@holdfast/engine'

const failuresToOpen = 5
const successesToClose = 2

/**
 * Knows whether it is worth asking the database. Opens after 5 failures in a row, and closes after 2 successes in a
 * row; who keeps trying meanwhile is the tail of the log, after jittered pauses. (The libraries close on the first
 * success: opossum, cockatiel.)
 */
export class DatabaseBreaker {
  #isOpen = false
  #failures = 0
  #successes = 0
  readonly #onChange: (isOpen: boolean) => void

  constructor(onChange: (isOpen: boolean) => void = () => undefined) {
    this.#onChange = onChange
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  succeeded(): void {
    this.#failures = 0
    if (!this.#isOpen) return
    this.#successes += 1
    if (this.#successes >= successesToClose) this.#turn(false)
  }

  failed(): void {
    this.#successes = 0
    this.#failures += 1
    if (!this.#isOpen && this.#failures >= failuresToOpen) this.#turn(true)
  }

  /** @throws DatabaseUnavailable at once while it is open: nobody waits for what is known to be away */
  check(): void {
    if (this.#isOpen) {
      throw new DatabaseUnavailable('The database cannot be reached.', { outcomeUnknown: false, cause: undefined })
    }
  }

  #turn(isOpen: boolean): void {
    this.#isOpen = isOpen
    this.#failures = 0
    this.#successes = 0
    this.#onChange(isOpen)
  }
}
