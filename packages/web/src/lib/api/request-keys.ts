import { useState } from 'react'
import { randomKey } from './random-key.ts'

/** The idempotency keys of one form: see {@link createRequestKeys}. */
export type RequestKeys = {
  /** The key for a request with this body: the same as before if one of the last requests had the same body. */
  headersFor(body: object): { 'Idempotency-Key': string }
  /** Call this after a success: the next request is a new one, even if its body is the same. */
  clear(): void
}

/** Of this many requests the keys are remembered: somebody chooses between a few. */
const keysMax = 20

/**
 * Each distinct request of a form has one idempotency key. Submitting it twice, or again after a lost response, creates
 * one object, also if another request was sent, and refused, between the two.
 */
export function createRequestKeys(): RequestKeys {
  const keys = new Map<string, string>()
  return {
    headersFor(body) {
      const request = JSON.stringify(body)
      const key = keys.get(request) ?? randomKey()
      // The last one is the newest.
      keys.delete(request)
      keys.set(request, key)
      for (const oldest of keys.keys()) {
        if (keys.size <= keysMax) break
        keys.delete(oldest)
      }
      return { 'Idempotency-Key': key }
    },
    clear() {
      keys.clear()
    },
  }
}

/** The {@link createRequestKeys} of a form, as long as it is shown. */
export function useRequestKeys(): RequestKeys {
  return useState(createRequestKeys)[0]
}
