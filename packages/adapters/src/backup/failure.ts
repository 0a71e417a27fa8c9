/**
 * The failure of something that works for months, for what waits meanwhile. `Promise.race` with a promise that is
 * pending for as long adds reactions to it, which are kept until it settles.
 */
export class Failure {
  #failed: { error: unknown } | undefined
  readonly #waiting = new Set<(error: unknown) => void>()

  /** Everything that waits fails with this error, and so does what begins to wait later. A second error is ignored. */
  fail(error: unknown): void {
    if (this.#failed !== undefined) return
    this.#failed = { error }
    for (const reject of this.#waiting) reject(error)
  }

  /** @throws the promise's error, or that of `fail` if it comes first */
  async before<Value>(promise: Promise<Value>): Promise<Value> {
    if (this.#failed !== undefined) {
      promise.catch(() => undefined)
      throw this.#failed.error
    }
    const failed = Promise.withResolvers<never>()
    this.#waiting.add(failed.reject)
    try {
      return await Promise.race([promise, failed.promise])
    } finally {
      this.#waiting.delete(failed.reject)
    }
  }
}
