import type pg from 'pg'
import type { ClaimOutcome, ClaimRequest } from './bookings/claim.ts'
import { runClaimBatch } from './bookings/claim-batch.ts'
import { runMoveBatch } from './bookings/move-batch.ts'
import type { MoveOutcome, MoveRequest, SettleOutcome, SettleRequest } from './bookings/settle.ts'
import { runSettleBatch } from './bookings/settle-batch.ts'
import { createDirectory } from './directory/create-directory.ts'
import type { Engine } from './engine.ts'
import { BatchQueue, type BatchReport } from './queue/batch-queue.ts'
import { createReads } from './reads/create-reads.ts'
import { createSlots } from './slots/create-slots.ts'
import { withdrawSlots } from './slots/withdraw-slots.ts'
import { verify } from './verify/verify.ts'

export type EngineSettings = {
  /** For the queues alone: two batches of each of the three can be in flight, so 6 connections are never waited for. */
  writePool: pg.Pool
  /** For everything else. Reads never wait for writes. */
  readPool: pg.Pool
  /** Requests that may wait in each queue; one more is refused. Default 4,096. */
  queuedMax?: number
  /** How long a request may wait in a queue before it is refused, milliseconds. Default 5,000. */
  waitMsMax?: number
  /** How long a lost connection's outcome is looked into, milliseconds. Default 10,000. */
  unknownMsMax?: number
  onBatch?: (report: BatchReport) => void
}

/** Depth of each queue: items waiting, and batches in flight. */
export type QueueDepths = Record<'claim' | 'settle' | 'move', { queued: number; inFlight: number }>

/** The engine over two pools of the application's role. It does not own the pools: end them after `stop()`. */
export function createEngine(settings: EngineSettings): Engine & { queueDepths(): QueueDepths } {
  const { writePool, readPool, ...bounds } = settings
  const claims = new BatchQueue<ClaimRequest, ClaimOutcome>({
    name: 'claim',
    run: (items) => runClaimBatch(writePool, items),
    ...bounds,
  })
  const settles = new BatchQueue<SettleRequest, SettleOutcome>({
    name: 'settle',
    run: (items) => runSettleBatch(writePool, items),
    ...bounds,
  })
  const moves = new BatchQueue<MoveRequest, MoveOutcome>({
    name: 'move',
    run: (items) => runMoveBatch(writePool, items),
    ...bounds,
  })
  return {
    claim: (request) => claims.submit(request),
    settle: (request) => settles.submit(request),
    move: (request) => moves.submit(request),
    createSlots: (request) => createSlots(readPool, request),
    withdrawSlots: (request) => withdrawSlots(readPool, request),
    reads: { ...createReads(readPool), verify: (query) => verify(readPool, query) },
    directory: createDirectory(readPool),
    queueDepths: () => ({ claim: claims.depth, settle: settles.depth, move: moves.depth }),
    async stop() {
      await Promise.all([claims.stop(), settles.stop(), moves.stop()])
    },
  }
}
