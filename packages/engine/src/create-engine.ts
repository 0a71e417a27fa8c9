import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { createAccountPeople } from './account-people/create-account-people.ts'
import { createApiKeys } from './api-keys/create-api-keys.ts'
import { createAuditLog } from './audit/create-audit-log.ts'
import { createShardedAuditLog } from './audit/sharded-audit-log.ts'
import { answerChanges } from './bookings/answer-changes.ts'
import { attendanceChanges } from './bookings/attendance-changes.ts'
import { createBookingLinks } from './bookings/booking-links.ts'
import { claimsWithAddedPlaces } from './bookings/claim-added-places.ts'
import { runClaimBatch } from './bookings/claim-batch.ts'
import { patientCorrections } from './bookings/correct-patient.ts'
import { findLocked, locksOf, rowsOf } from './bookings/find-locked.ts'
import { createManageTokenEpochs } from './bookings/manage-token-epochs.ts'
import { runMoveBatch } from './bookings/move-batch.ts'
import { type BatchSettleOutcome, type QueuedSettle, runSettleBatch } from './bookings/settle-batch.ts'
import { createCalendars } from './calendars/create-calendars.ts'
import { oneShard, type ShardPools } from './database/shard-pools.ts'
import { createDirectory } from './directory/create-directory.ts'
import { createInvitations } from './directory/invitations.ts'
import { createErasures } from './erasure/create-erasures.ts'
import { importDirectory } from './import/import-directory.ts'
import { createAdmissions } from './limits/admissions.ts'
import { createBookingLimits } from './limits/create-booking-limits.ts'
import { createMessages } from './messages/create-messages.ts'
import type { ClaimOutcome, ClaimRequest } from './model/claim.ts'
import type { Announce } from './model/committed.ts'
import type { Engine } from './model/engine.ts'
import type { TimeClaimOutcome } from './model/session.ts'
import type { MoveOutcome, MoveRequest } from './model/settle.ts'
import { createPatients } from './patients/create-patients.ts'
import { createPersonalData } from './personal-data/create-personal-data.ts'
import { BatchQueue, type QueueDepth } from './queue/batch-queue.ts'
import type { BatchReport } from './queue/batch-report.ts'
import { waitMsMaxDefault } from './queue/queue-result.ts'
import { createReads } from './reads/create-reads.ts'
import { createSeries } from './series/create-series.ts'
import { approvalQueue, settlesWithApprovals } from './sessions/approve-request.ts'
import { timeClaimQueue } from './sessions/claim-times.ts'
import { createSessions } from './sessions/create-sessions.ts'
import { timeMoveQueue } from './sessions/move-to-time.ts'
import { announcedSlotWrites } from './slots/announced-slot-writes.ts'
import { createStoredResponses } from './stored-responses/stored-responses.ts'
import type { CaseQueueDepths } from './theatre/case-claims.ts'
import { createTheatre } from './theatre/create-theatre.ts'
import { createWaitlist } from './waitlist/create-waitlist.ts'
import { createWebhooks } from './webhooks/create-webhooks.ts'
import { createWorkingHours } from './working-hours/create-working-hours.ts'

export type EngineSettings = {
  /**
   * For batches of queues only, which never wait for one of `batchConnectionsMax` connections. A `lockTimeoutMs` of
   * about a second, after which a batch goes on without the slots that others hold locked.
   */
  batchPool: pg.Pool
  /**
   * For everything else: reads, the directory, creating and withdrawing slots. They never wait for a batch's
   * connection.
   */
  generalPool: pg.Pool
  /** For the directory of several databases: all of them, whose lists it reads together. Default: `generalPool`. */
  shards?: ShardPools
  /**
   * Called before reads that nothing may be missing from, such as all bookings of an account; lists of clinics and
   * doctors may lack some. @throws DatabaseUnavailable while clinics are in none of `shards`
   */
  requireAllClinics?: () => void
  /**
   * For one of several databases: the directory, which has what belongs to accounts: their verified addresses, their
   * choices of messages, whom they book for, and where they have roles. Default: `generalPool`, where a role needs no
   * note.
   */
  directoryPool?: pg.Pool
  /**
   * For changes of the operating theatre, which wait for rooms and people that others have locked, and for suggested
   * times. A `lockTimeoutMs` of about a second. Default: `generalPool`, for programs with a single user.
   */
  theatrePool?: pg.Pool
  /**
   * How many changes of one clinic's cases may have a connection of `theatrePool` at a time, and half as many searches
   * for times. Default 4.
   */
  clinicCasesMax?: number
  /** Requests that may wait in each queue; one more is refused. Default 4,096. */
  queuedMax?: number
  /** A request that has waited this long is refused, milliseconds. Default 5,000. */
  waitMsMax?: number
  /**
   * How long a request whose connection was lost is sent again for its outcome, counted from its arrival, milliseconds.
   * Default 25,000.
   */
  unknownMsMax?: number
  /** Site administrators need a second factor everywhere, also for their calendar feeds. Default: false. */
  adminsNeedSecondFactor?: boolean
  onBatch?: (report: BatchReport) => void
  /** A queue has refused an item as `overloaded` or `locked`. */
  onRefused?: (refusal: { waitMs: number }) => void
  /** Called with the outcomes of claims before their callers get them; `error`: the outcome is not known. */
  onClaims?: (outcomes: readonly (TimeClaimOutcome['kind'] | 'error')[]) => void
}

/** The most connections of `batchPool` that all queues use at a time. */
export const batchConnectionsMax = 20

/** How many changes of cases, and searches, wait for one clinic at most: more than its staff sends at a time. */
const clinicWaitingMax = 256

/** How many items wait in each queue, how many batches are in flight, and how many items wait for locked rows. */
export type QueueDepths = Record<
  'admission' | 'claim' | 'time_claim' | 'settle' | 'approval' | 'move' | 'time_move',
  QueueDepth
> &
  CaseQueueDepths

type QueueFigures = {
  queueDepths(): QueueDepths
  /** Claims that wait for a batch. Cheaper than `queueDepths`: the server asks before each booking. */
  claimsQueued(): number
}

/** The engine, with the application's role. The caller ends its pools after `stop()`. */
export function createEngine(settings: EngineSettings): Engine & QueueFigures {
  const { batchPool, generalPool, theatrePool = generalPool, clinicCasesMax = 4, onClaims, ...others } = settings
  const { shards = oneShard(generalPool), directoryPool, adminsNeedSecondFactor = false, ...rest } = others
  const { requireAllClinics = () => undefined, ...bounds } = rest
  const whole: ShardPools = {
    of: shards.of,
    all() {
      requireAllClinics()
      return shards.all()
    },
  }
  const accountsPool = directoryPool ?? generalPool
  const clinicBounds = { waitingMax: clinicWaitingMax, waitMsMax: bounds.waitMsMax ?? waitMsMaxDefault }
  const { announce, onCommitted } = createAnnouncements()
  const queues = bookingQueues(batchPool, announce, bounds, onClaims)
  const { claims, timeClaims, moves, timeMoves } = queues
  const admissions = createAdmissions(batchPool, bounds)
  const settle = settlesWithApprovals(queues.settles, queues.approvals)
  const { theatre, queueDepths: caseQueueDepths } = createTheatre({
    pool: generalPool,
    writePool: theatrePool,
    caseBounds: { ...bounds, atOnceMax: clinicCasesMax, ...clinicBounds },
    suggestionBounds: { atOnceMax: Math.ceil(clinicCasesMax / 2), ...clinicBounds },
    announce,
    settle,
  })
  const waitlist = createWaitlist({ pool: generalPool, shards: whole, announce, settle })
  const reads = createReads(generalPool, whole)
  const allQueues = [admissions.queue, ...Object.values(queues)]
  checkConnections(allQueues)
  return {
    admit: admissions.admit,
    release: admissions.release,
    claim: claimsWithAddedPlaces(claims, generalPool, announce),
    claimTime: (request) => timeClaims.submit(request),
    settle,
    move: (request) => moves.submit({ ...request, key: request.key ?? randomUUID() }),
    moveToTime: (request) => timeMoves.submit({ ...request, key: request.key ?? randomUUID() }),
    ...attendanceChanges({ pool: generalPool, reads, announce }),
    ...answerChanges({ pool: generalPool, reads, announce }),
    correctPatient: patientCorrections(generalPool, reads, announce),
    ...announcedSlotWrites(generalPool, announce),
    importDirectory: (input, options) => importDirectory(generalPool, input, options, announce),
    reads,
    sessions: createSessions(generalPool, announce),
    series: createSeries(generalPool, announce),
    workingHours: createWorkingHours(generalPool, announce),
    directory: createDirectory(generalPool, announce, shards),
    invitations: createInvitations(generalPool, announce, directoryPool),
    bookingLimits: createBookingLimits(generalPool),
    bookingLinks: createBookingLinks({ pool: generalPool, accountsPool, reads, announce }),
    erasures: createErasures(generalPool, announce, waitlist),
    manageTokenEpochs: createManageTokenEpochs(generalPool),
    auditLog: settings.shards === undefined ? createAuditLog(generalPool) : createShardedAuditLog(generalPool, whole),
    storedResponses: createStoredResponses(generalPool),
    messages: createMessages(generalPool, accountsPool),
    theatre,
    patients: createPatients({ pool: generalPool, erasePool: theatrePool, announce }),
    personalData: createPersonalData(whole),
    waitlist,
    webhooks: createWebhooks(generalPool),
    apiKeys: createApiKeys(generalPool),
    accountPeople: createAccountPeople(accountsPool),
    ...createCalendars(generalPool, shards, { announce, adminsNeedSecondFactor }),
    onCommitted,
    queueDepths: () => ({ admission: admissions.queue.depth, ...depthsOf(queues), ...caseQueueDepths() }),
    claimsQueued: () => claims.depth.queued + timeClaims.depth.queued,
    async stop() {
      await Promise.all(allQueues.map((queue) => queue.stop()))
    },
  }
}

type QueueBounds = Pick<
  EngineSettings,
  'queuedMax' | 'waitMsMax' | 'unknownMsMax' | 'onBatch' | 'onRefused' | 'onClaims'
>

function bookingQueues(
  batchPool: pg.Pool,
  announce: Announce,
  bounds: QueueBounds,
  onClaims: EngineSettings['onClaims'],
) {
  const claimsDone = (outcomes: readonly (TimeClaimOutcome | 'error')[]) =>
    onClaims?.(outcomes.map((outcome) => (outcome === 'error' ? outcome : outcome.kind)))
  const claims = new BatchQueue<ClaimRequest, ClaimOutcome>({
    name: 'claim',
    run: (items) => runClaimBatch(batchPool, items, announce),
    rowOf: ({ slotId }) => slotId,
    findLocked: (items) => findLocked(batchPool, items.map(locksOf.claim)),
    ...bounds,
    onOutcomes: claimsDone,
  })
  const timeClaims = timeClaimQueue(batchPool, announce, { ...bounds, onOutcomes: claimsDone })
  const settles = new BatchQueue<QueuedSettle, BatchSettleOutcome>({
    name: 'settle',
    run: (items) => runSettleBatch(batchPool, items, announce),
    rowOf: rowsOf.settle,
    findLocked: (items) => findLocked(batchPool, items.map(locksOf.settle)),
    ...bounds,
  })
  const approvals = approvalQueue(batchPool, announce, bounds)
  const moves = new BatchQueue<MoveRequest, MoveOutcome>({
    name: 'move',
    run: (items) => runMoveBatch(batchPool, items, announce),
    rowOf: rowsOf.move,
    findLocked: (items) => findLocked(batchPool, items.map(locksOf.move)),
    ...bounds,
  })
  return { claims, timeClaims, settles, approvals, moves, timeMoves: timeMoveQueue(batchPool, announce, bounds) }
}

function depthsOf({ claims, timeClaims, settles, approvals, moves, timeMoves }: ReturnType<typeof bookingQueues>) {
  return {
    claim: claims.depth,
    time_claim: timeClaims.depth,
    settle: settles.depth,
    approval: approvals.depth,
    move: moves.depth,
    time_move: timeMoves.depth,
  }
}

function checkConnections(queues: readonly { connectionsMax: number }[]): void {
  const needed = queues.reduce((sum, { connectionsMax }) => sum + connectionsMax, 0)
  if (needed !== batchConnectionsMax)
    throw new Error(`The queues use up to ${needed} connections, and batchConnectionsMax is ${batchConnectionsMax}.`)
}

function createAnnouncements(): { announce: Announce; onCommitted: Engine['onCommitted'] } {
  const subscribers = new Set<Announce>()
  return {
    announce(committed) {
      for (const subscriber of subscribers) {
        try {
          subscriber(committed)
        } catch (error) {
          // The write has committed and must not fail now, and the other subscribers must be called. The process ends,
          // because a cache that was not invalidated would serve outdated data. node:diagnostics_channel does the same.
          process.nextTick(() => {
            throw error
          })
        }
      }
    },
    onCommitted(subscriber) {
      subscribers.add(subscriber)
      return () => subscribers.delete(subscriber)
    },
  }
}
