import { randomKey } from './random-key.ts'

/** The idempotency keys of one form: see {@link createRequestKeys}. */
type RequestKeys = {
  /** The key for a request with this body: the same as before if the body is the same. */
  keyFor(body: object): string
  /** Call this after a success: the next request is a new one, even if its body is the same. */
  clear(): void
}

/**
 * Each distinct request of a form has one idempotency key. Submitting it twice, or again after a lost response, creates
 * one object.
 */
export function createRequestKeys(): RequestKeys {
  let last: { request: string; key: string } | null = null
  return {
    keyFor(body) {
      const request = JSON.stringify(body)
      if (last?.request !== request) last = { request, key: randomKey() }
      return last.key
    },
    clear() {
      last = null
    },
  }
}
