import { DatabaseUnavailable } from '@holdfast/engine'

const failuresToOpen = 5
const successesToClose = 2

/**
 * A circuit breaker for the database. Opens after 5 consecutive failures and closes after 2 consecutive successes.
 * Meanwhile the tail of the log keeps trying, with jittered pauses. Not a library, because opossum and cockatiel
 * close on the first success.
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
    if (this.#successes >= successesToClose) this.#switch(false)
  }

  failed(): void {
    this.#successes = 0
    this.#failures += 1
    if (!this.#isOpen && this.#failures >= failuresToOpen) this.#switch(true)
  }

  /** @throws DatabaseUnavailable immediately while the breaker is open, so that no request waits for the database */
  check(): void {
    if (this.#isOpen) {
      throw new DatabaseUnavailable('The database cannot be reached.', { outcomeUnknown: false, cause: undefined })
    }
  }

  #switch(isOpen: boolean): void {
    this.#isOpen = isOpen
    this.#failures = 0
    this.#successes = 0
    this.#onChange(isOpen)
  }
}
