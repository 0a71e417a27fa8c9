/** The result of a write that runs once per idempotency key. `replayed`: the stored result of an earlier run. */
export type OnceResult<Value> =
  | { kind: 'done'; value: Value }
  | { kind: 'replayed'; value: Value }
  | { kind: 'key_reused' }

/** An idempotency key and the digest of the request it was sent with; null: the request has no key. */
export type WriteKey = { key: string; requestHash: string } | null

/** Responses of requests, stored for 24 hours under their idempotency keys. */
export type StoredResponses = {
  find(
    writeKey: NonNullable<WriteKey>,
  ): Promise<{ kind: 'missing' } | { kind: 'found'; response: unknown } | { kind: 'key_reused' }>
  /**
   * Stores `response` as JSON, unless one is already stored under the key, or it names a booking whose patient has been
   * erased.
   *
   * @param clinicNo the clinic that the request was about, with which it is moved to another database; null: none
   */
  store(writeKey: NonNullable<WriteKey>, response: unknown, clinicNo: number | null): Promise<void>
}
