import type { LatencySummary, Target } from '../load/load-job.ts'

/** What the process of the subscribers is asked to do, one thing at a time. */
export type ProbeMessage =
  /** Opens so many sockets, each on one of the doctors in turn. */
  | { kind: 'subscribe'; target: Target; doctorIds: string[]; sockets: number }
  /** Books at arrivals fixed beforehand, and waits for each booking to be told to a subscriber of its doctor. */
  | { kind: 'measure'; target: Target; bookings: { slotId: string; doctorId: string }[]; ratePerSecond: number }
  /** How many messages have come so far. */
  | { kind: 'count' }
  | { kind: 'close' }

/** Milliseconds. `told`: from the booking's answer, which follows its commit, to the message. */
export type Delays = { answered: LatencySummary; told: LatencySummary; untold: number }

export type ProbeReply =
  | { kind: 'done' }
  | { kind: 'delays'; delays: Delays }
  | { kind: 'count'; messages: number; closed: number; resyncs: number }
  | { kind: 'failed'; message: string }
