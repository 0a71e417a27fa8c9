import type { NotDone } from '../model/claim.ts'

/** The outcome of an item of a batch, or that the item must be sent again with the next batch. */
export type ItemResult<Outcome> = { kind: 'completed'; outcome: Outcome } | { kind: 'retry' }

/**
 * `alone`: the queue of that name must send the item. `overloaded`, `locked`: it was not done, because its time ran out
 * or a lock was not free in time.
 */
export type QueueResult<Outcome> = ItemResult<Outcome> | { kind: 'alone' | NotDone['kind'] }

export type QueueDepth = { queued: number; inFlight: number; slow: number }

/** How long an item waits for an outcome at most, unless `waitMsMax` of its queue says otherwise. Milliseconds. */
export const waitMsMaxDefault = 5_000
