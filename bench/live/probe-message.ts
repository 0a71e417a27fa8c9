import type { LatencySummary, Target } from '../load/load-job.ts'

/** What the process of the subscribers can do, one message at a time. */
export type ProbeMessage =
  /** Opens so many sockets, each subscribed to one of the doctors in turn. */
  | { kind: 'subscribe'; target: Target; doctorIds: string[]; sockets: number }
  /** Books these slots in an open loop, and waits until a subscriber has received each booking. */
  | { kind: 'measure'; target: Target; slotIds: string[]; ratePerSecond: number }
  /** Returns how many messages have arrived so far. */
  | { kind: 'count' }
  | { kind: 'close' }

/** Milliseconds. `delivered`: from the booking's response, which follows its commit, to the message. */
export type Delays = { committed: LatencySummary; delivered: LatencySummary; undelivered: number }

export type ProbeReply =
  | { kind: 'done' }
  | { kind: 'delays'; delays: Delays }
  | { kind: 'count'; messages: number; closed: number; resyncs: number }
  | { kind: 'failed'; message: string }
