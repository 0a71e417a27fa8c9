import { setTimeout as delay } from 'node:timers/promises'
import { isPlaced, notPlaced, type Shard } from '@holdfast/engine/shards'
import { type Refusal, type Refusals, ShardNotWritten } from '@holdfast/engine/write-shard-schemas'
import pTimeout from 'p-timeout'
import type { RunningJobs } from '../../jobs/run-jobs.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { OnNode } from '../placement/unreachable-nodes.ts'
import type { OpenShard } from './open-shard.ts'

/** What is reconnected when its shard is moved. */
export type Followed = { allPools: readonly Pick<OpenShard['allPools'][number], 'onShardMoved'>[] }

export type FollowShardsDeps<Of extends Followed> = {
  /** Where the shards are now. */
  read(): Promise<Shard[]>
  /**
   * Those whose nodes cannot be used, each with the reason. Asked first: a write would wait longer, and keep others
   * waiting.
   */
  unreachable<On extends OnNode>(all: readonly On[]): Promise<ReadonlyMap<On, Error>>
  /**
   * Writes the schemas of shards, and their job queues, onto the nodes that have them. Idempotent.
   *
   * @returns those that were refused, with the reasons
   */
  write(schemas: readonly string[]): Promise<Refusals>
  /** Reconnects the pools of a shard to its node. */
  relocate(open: Of, shard: Shard): void
  /** Drops what moved shards have left on their former nodes. Idempotent. */
  dropFormer(): Promise<void>
  log: Logger
  /** The interval between checks, and how long a schema may be missing before it is written again. Milliseconds. */
  checkMs?: number
}

export type FollowingShards = RunningJobs & {
  /** Resolves when there are other shards than those that are followed. */
  split: Promise<Error>
}

const checkMsDefault = 1_000
/** Statements that fail meanwhile do not make it look more often. */
const wokenMsMin = 50
/** How many checks to wait before what could not be dropped is dropped again. */
const dropAgainChecks = 60
/** How many checks to wait before a shard that was refused is written again. Each try keeps others from starting. */
const refusedChecks = 10
/** After so many, the pools leave the former node. Not at once: a move often ends while the first waits for locks. */
const failedTriesMax = 3
const stopMsMax = 6_000

const splitMessage =
  'A shard of Citus was split, so that this server does not know where all clinics are. It ends, and has to be ' +
  'started again.'

/**
 * Reconnects the pools of each shard that has been moved to another node. Before that, writes its schema there. Does
 * the same for a shard that could not be used at the start. Looks every second, and at once after a statement found
 * that its shard is not there. A write that fails is repeated after a second, and one that is refused, or fails for the
 * third time, after ten. From then on, nothing is read from the node that the shard has left, because other servers may
 * already write on the new one.
 *
 * If statements keep failing on a shard that has not moved, its schema is written again. The shard was moved away and
 * back, or another process was interrupted.
 */
export function followShards<Of extends Followed>(
  opened: ReadonlyMap<Shard, Of>,
  deps: FollowShardsDeps<Of>,
): FollowingShards {
  const { log, checkMs = checkMsDefault } = deps
  const stopping = new AbortController()
  const split = Promise.withResolvers<Error>()
  const waiter = waiterFor(stopping.signal)
  const followed = followedShards(opened, { ...deps, checkMs, onMissing: waiter.wake })
  const former = formerShardsDropper({ ...deps, againMs: dropAgainChecks * checkMs })

  /** @returns whether there was something to do; `split`: others must be followed */
  async function look(): Promise<boolean | 'split'> {
    const found = await deps.read()
    if (!followed.areAll(found)) return 'split'
    const due = followed.dueOf(found)
    const failures = await writeDue(due, { ...deps, ...followed })
    if (failures.size < due.length) former.expect()
    former.drop()
    if (failures.size > 0) throw aggregateOf([...failures.values()])
    return due.length > 0
  }

  async function follow(): Promise<void> {
    const { signal } = stopping
    let lastError = ''
    while (!signal.aborted) {
      let mayBeWoken = true
      try {
        const looked = await look()
        if (looked === 'split') {
          log.error(splitMessage)
          return split.resolve(new StartError(splitMessage))
        }
        mayBeWoken = !looked
        if (!followed.hasRefused()) lastError = ''
      } catch (error) {
        mayBeWoken = false
        const message = String(error)
        if (message !== lastError) log.error({ err: error }, 'the shards cannot be followed')
        lastError = message
      }
      await waiter.pause(mayBeWoken ? wokenMsMin : checkMs)
      if (mayBeWoken) await waiter.untilWoken(checkMs)
      waiter.reset()
    }
  }

  const following = follow()
  return {
    split: split.promise,
    async stop() {
      stopping.abort()
      // A node may hang while a shard is written there.
      await pTimeout(following.then(former.dropped), { milliseconds: stopMsMax, message: false })
    },
  }
}

function waiterFor(stopping: AbortSignal) {
  let woken = Promise.withResolvers<void>()
  const pause = (ms: number, signal = stopping) => delay(ms, undefined, { signal }).catch(() => undefined)
  return {
    pause,
    wake: () => woken.resolve(),
    /** Also if it was woken since `reset`. */
    async untilWoken(msMax: number) {
      const waiting = new AbortController()
      await Promise.race([woken.promise, pause(msMax, AbortSignal.any([stopping, waiting.signal]))])
      waiting.abort()
    },
    reset() {
      woken = Promise.withResolvers()
    },
  }
}

type FollowedDeps<Of extends Followed> = Pick<FollowShardsDeps<Of>, 'relocate' | 'log'> & {
  checkMs: number
  onMissing(): void
}

/** What is known of each shard, and what is done when it was written, or was not. */
function followedShards<Of extends Followed>(
  opened: ReadonlyMap<Shard, Of>,
  { relocate, log, checkMs, onMissing }: FollowedDeps<Of>,
) {
  const states = new Map(Array.from(opened, ([shard, open]) => [shard.schema, stateOf(shard, open)]))
  for (const state of states.values()) {
    for (const pool of state.open.allPools) {
      pool.onShardMoved = () => {
        state.missingSinceMs = Math.min(state.missingSinceMs, performance.now())
        onMissing()
      }
    }
  }
  const stateAt = ({ schema }: Shard) => {
    const state = states.get(schema)
    if (state === undefined) throw new Error(`The shard ${schema} is not followed.`)
    return state
  }
  const isMoved = (shard: Shard) => !isAt(shard, stateAt(shard).at)
  /** Why it was refused where it is; null: it was not. */
  const refusalOf = (shard: Shard): Refusal | null => {
    const { refused } = stateAt(shard)
    return refused !== null && isAt(shard, refused) ? refused.refusal : null
  }
  const wasRefused = (shard: Shard) => refusalOf(shard) !== null
  const isDue = (shard: Shard) => {
    const { missingSinceMs, refused } = stateAt(shard)
    const nowMs = performance.now()
    const isMissing = nowMs - missingSinceMs >= checkMs
    return (isMoved(shard) || isMissing) && !(wasRefused(shard) && nowMs < (refused?.untilMs ?? 0))
  }

  return {
    areAll: (found: readonly Shard[]) =>
      found.length === states.size && found.every(({ schema }) => states.has(schema)),
    /** Those to be written now. With one that was refused, all that were. */
    dueOf(found: readonly Shard[]): Shard[] {
      const due = found.filter(isDue)
      const withRefused = due.some(wasRefused)
      return found.filter((shard) => due.includes(shard) || (withRefused && wasRefused(shard)))
    },
    hasRefused: () => [...states.values()].some(({ refused }) => refused !== null),
    onWritten(shard: Shard): void {
      const state = stateAt(shard)
      const isElsewhere = isMoved(shard)
      const wasPlaced = isPlaced(state.at)
      Object.assign(state, stateOf(shard, state.open))
      if (!isElsewhere) return
      relocate(state.open, shard)
      const { schema, host, port } = shard
      log.info(
        { shard: schema, host, port },
        wasPlaced ? 'a shard was moved to another node' : 'a shard can be used now',
      )
    },
    refusalOf,
    /** A write that keeps failing is repeated as seldom as one that is refused. */
    refusalAfter: (shard: Shard, { message }: Error): Refusal | null =>
      refusalOf(shard) ??
      (stateAt(shard).failedTries + 1 < failedTriesMax ? null : { reason: message, waitsFor: null }),
    /** @param refusal null: to be written again soon */
    onFailed(shard: Shard, refusal: Refusal | null): void {
      const state = stateAt(shard)
      state.failedTries += 1
      if (refusal !== null) {
        const { host, port } = shard
        state.refused = { host, port, refusal, untilMs: performance.now() + refusedChecks * checkMs }
      }
      if (refusal === null && state.failedTries < failedTriesMax) return
      if (!isPlaced(state.at) || !isMoved(shard)) return
      // Other servers may write where it is now.
      state.at = notPlaced(shard)
      relocate(state.open, state.at)
    },
  }
}

type Place = Pick<Shard, 'host' | 'port'>

type ShardState<Of> = {
  open: Of
  /** Where its pools lead. */
  at: Shard
  /** Since when statements have found it missing there. */
  missingSinceMs: number
  /** How often it could not be written since it was. */
  failedTries: number
  /** Where it was refused, and why, and until when it is not to be written again there. */
  refused: (Place & { refusal: Refusal; untilMs: number }) | null
}

function stateOf<Of>(at: Shard, open: Of): ShardState<Of> {
  return { open, at, missingSinceMs: Number.POSITIVE_INFINITY, failedTries: 0, refused: null }
}

function isAt({ host, port }: Place, place: Place): boolean {
  return place.host === host && place.port === port
}

type FormerShardsDeps = Pick<FollowShardsDeps<Followed>, 'dropFormer' | 'log'> & { againMs: number }

/** What shards have left on other nodes: expected after each move, and dropped. What fails is repeated. */
function formerShardsDropper({ dropFormer, log, againMs }: FormerShardsDeps) {
  let dueAtMs = Number.POSITIVE_INFINITY
  let dropping: Promise<void> | null = null
  const drop = async () => {
    try {
      await dropFormer()
    } catch (error) {
      log.warn({ err: error }, 'what a moved shard has left could not be dropped')
      dueAtMs = Math.min(dueAtMs, performance.now() + againMs)
    }
    dropping = null
  }
  return {
    expect() {
      dueAtMs = performance.now()
    },
    /** If it is time. Moves are followed meanwhile. */
    drop() {
      if (dropping !== null || performance.now() < dueAtMs) return
      dueAtMs = Number.POSITIVE_INFINITY
      dropping = drop()
    },
    dropped: () => dropping,
  }
}

/** Those of all shards of a node are alike. */
function aggregateOf(failures: readonly Error[]): AggregateError {
  return new AggregateError(failures, [...new Set(failures.map(String))].join('; '))
}

type WriteDeps = Pick<FollowShardsDeps<Followed>, 'unreachable' | 'write'> & {
  refusalOf(shard: Shard): Refusal | null
  refusalAfter(shard: Shard, error: Error): Refusal | null
  onWritten(shard: Shard): void
  onFailed(shard: Shard, refusal: Refusal | null): void
}

/** @returns those that were not written, with the reasons: they do not delay the others */
async function writeDue(due: readonly Shard[], deps: WriteDeps): Promise<Map<Shard, Error>> {
  const failures = new Map<Shard, Error>()
  const fail = (shard: Shard, error: Error, refusal: Refusal | null) => {
    failures.set(shard, error)
    deps.onFailed(shard, refusal)
  }
  const refuse = (shard: Shard, refusal: Refusal) => fail(shard, new Error(refusal.reason), refusal)
  for (const [shard, cause] of await deps.unreachable(due)) {
    const node = `${shard.host}:${shard.port}`
    const error = new Error(`The node ${node} of Citus cannot be reached: ${cause.message}`, { cause })
    fail(shard, error, deps.refusalOf(shard))
  }
  const reached = due.filter((shard) => !failures.has(shard))
  for (const [shard, refusal] of await stillWaiting(reached, deps)) refuse(shard, refusal)
  const writable = reached.filter((shard) => !failures.has(shard))
  for (const batch of batchesOf(writable, deps)) {
    try {
      const refused = await deps.write(batch.map(({ schema }) => schema))
      for (const shard of batch) {
        const refusal = refused.get(shard.schema)
        if (refusal === undefined) deps.onWritten(shard)
        else refuse(shard, refusal)
      }
    } catch (thrown) {
      for (const shard of batch) {
        const error = thrown instanceof ShardNotWritten ? thrown : new ShardNotWritten(shard.schema, shard, thrown)
        fail(shard, error, deps.refusalAfter(shard, error))
      }
    }
  }
  return failures
}

/** Those that were refused because another node could not be used, and it still cannot. */
async function stillWaiting(
  shards: readonly Shard[],
  { refusalOf, unreachable }: WriteDeps,
): Promise<Map<Shard, Refusal>> {
  const waiting = shards.flatMap((shard) => {
    const refusal = refusalOf(shard)
    return refusal === null || refusal.waitsFor === null ? [] : [{ shard, refusal, ...refusal.waitsFor }]
  })
  const still = await unreachable(waiting)
  return new Map(waiting.flatMap((one) => (still.has(one) ? [[one.shard, one.refusal] as const] : [])))
}

/** Each alone, to reconnect its pools at once. Those refused before together: they wait for the same node. */
function batchesOf(shards: readonly Shard[], { refusalOf }: WriteDeps): Shard[][] {
  const again = shards.filter((shard) => refusalOf(shard) !== null)
  const first = shards.filter((shard) => refusalOf(shard) === null).map((shard) => [shard])
  return again.length === 0 ? first : [...first, again]
}
