/** The answer of a write that is not a booking, kept 24 h for its retries. */
export type Remembered<Value> =
  | { kind: 'done'; value: Value }
  | { kind: 'replayed'; value: Value }
  | { kind: 'key_reused' }

export type WriteKey = { key: string; requestHash: string } | null

/** For writes that change nothing when done again: what their first answer was. */
export type KeptAnswers = {
  recall(
    writeKey: NonNullable<WriteKey>,
  ): Promise<{ kind: 'unknown' } | { kind: 'known'; answer: unknown } | { kind: 'key_reused' }>
  /** `answer` is kept as JSON; of two for one key the first stays. */
  keep(writeKey: NonNullable<WriteKey>, answer: unknown): Promise<void>
}
