import type pg from 'pg'
import { createStoredAnswers } from './answers/stored-answers.ts'
import { runClaimBatch } from './bookings/claim-batch.ts'
import { runMoveBatch } from './bookings/move-batch.ts'
import { runSettleBatch } from './bookings/settle-batch.ts'
import { createDirectory } from './directory/create-directory.ts'
import type { ClaimOutcome, ClaimRequest } from './model/claim.ts'
import type { Engine } from './model/engine.ts'
import type { MoveOutcome, MoveRequest, SettleOutcome, SettleRequest } from './model/settle.ts'
import { BatchQueue, type BatchReport, type ItemResult } from './queue/batch-queue.ts'
import { createReads } from './reads/create-reads.ts'
import { createSlots } from './slots/create-slots.ts'
import { withdrawSlots } from './slots/withdraw-slots.ts'

export type EngineSettings = {
  /** For batches of the three queues only. Each runs at most two at a time, so with 6 connections none waits for one. */
  batchPool: pg.Pool
  /** For everything else: reads, the directory, creating and withdrawing slots. They never wait for a batch's connection. */
  generalPool: pg.Pool
  /** Requests that may wait in each queue; one more is refused. Default 4,096. */
  queuedMax?: number
  /** How long a request may wait in a queue before it is refused, milliseconds. Default 5,000. */
  waitMsMax?: number
  /** How long a lost connection's outcome is looked into, milliseconds. Default 10,000. */
  unknownMsMax?: number
  onBatch?: (report: BatchReport) => void
  /** Told of what has been committed, before those who asked for it are answered. */
  onCommitted?: (commit: Commit) => void
}

/** `doctorIds`: whose slots or details changed. `clinicNo`: set when a clinic's own details changed. */
export type Commit = { doctorIds: ReadonlySet<string>; clinicNo: number | null; position: string }

/** Depth of each queue: items waiting, and batches in flight. */
export type QueueDepths = Record<'claim' | 'settle' | 'move', { queued: number; inFlight: number }>

/** The engine over two pools of the application's role. It does not own the pools: end them after `stop()`. */
export function createEngine(settings: EngineSettings): Engine & { queueDepths(): QueueDepths } {
  const { batchPool, generalPool, onCommitted = () => undefined, ...bounds } = settings
  const told = <Outcome>(doctorsOf: (outcome: Outcome) => Changed | null, answers: ItemResult<Outcome>[]) => {
    const changes = answers.flatMap((answer) => (answer.kind === 'completed' ? (doctorsOf(answer.outcome) ?? []) : []))
    const position = changes.at(-1)?.position
    if (position !== undefined) {
      onCommitted({ doctorIds: new Set(changes.flatMap((change) => change.doctorIds)), clinicNo: null, position })
    }
    return answers
  }
  const claims = new BatchQueue<ClaimRequest, ClaimOutcome>({
    name: 'claim',
    run: async (items) => told(changedByClaim, await runClaimBatch(batchPool, items)),
    ...bounds,
  })
  const settles = new BatchQueue<SettleRequest, SettleOutcome>({
    name: 'settle',
    run: async (items) => told(changedBySettle, await runSettleBatch(batchPool, items)),
    ...bounds,
  })
  const moves = new BatchQueue<MoveRequest, MoveOutcome>({
    name: 'move',
    run: async (items) => told(changedByMove, await runMoveBatch(batchPool, items)),
    ...bounds,
  })
  return {
    claim: (request) => claims.submit(request),
    settle: (request) => settles.submit(request),
    move: (request) => moves.submit(request),
    createSlots: (request) => createSlots(generalPool, request),
    withdrawSlots: (request) => withdrawSlots(generalPool, request),
    reads: createReads(generalPool),
    directory: createDirectory(generalPool),
    answers: createStoredAnswers(generalPool),
    queueDepths: () => ({ claim: claims.depth, settle: settles.depth, move: moves.depth }),
    async stop() {
      await Promise.all([claims.stop(), settles.stop(), moves.stop()])
    },
  }
}

type Changed = { doctorIds: string[]; position: string }

function changedByClaim(outcome: ClaimOutcome): Changed | null {
  return outcome.kind === 'booked' ? { doctorIds: [outcome.booking.doctorId], position: outcome.position } : null
}

function changedBySettle(outcome: SettleOutcome): Changed | null {
  return outcome.kind === 'done' ? { doctorIds: [outcome.booking.doctorId], position: outcome.position } : null
}

function changedByMove(outcome: MoveOutcome): Changed | null {
  if (outcome.kind !== 'done') return null
  return { doctorIds: [outcome.booking.doctorId, outcome.fromDoctorId], position: outcome.position }
}
