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
  /** Consecutive successes while it is open, failures while it is closed. */
  #run = 0
  readonly #onChange: (isOpen: boolean) => void

  constructor(onChange: (isOpen: boolean) => void = () => undefined) {
    this.#onChange = onChange
  }

  report(isSuccess: boolean): void {
    this.#run = isSuccess === this.#isOpen ? this.#run + 1 : 0
    if (this.#run < (this.#isOpen ? successesToClose : failuresToOpen)) return
    this.#isOpen = !this.#isOpen
    this.#run = 0
    this.#onChange(this.#isOpen)
  }

  /** Whether {@link check} refuses. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** @throws DatabaseUnavailable immediately while the breaker is open, so that no request waits for the database */
  check(): void {
    if (this.#isOpen) {
      throw new DatabaseUnavailable('The database cannot be reached.', { outcomeUnknown: false, cause: undefined })
    }
  }
}
