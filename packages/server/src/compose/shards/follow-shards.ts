import { setTimeout as delay } from 'node:timers/promises'
import { addressOf } from '@holdfast/engine/nodes-of'
import { isPlaced, notPlaced, type Shard } from '@holdfast/engine/shards'
import { type Refusal, type Refusals, ShardNotWritten } from '@holdfast/engine/write-shard-schemas'
import pTimeout from 'p-timeout'
import type { RunningJobs } from '../../jobs/run-jobs.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { AwayNodes } from '../placement/away-nodes.ts'
import type { OpenShard } from './open-shard.ts'

/** What is reconnected when its shard is moved. */
export type Followed = { allPools: readonly Pick<OpenShard['allPools'][number], 'onShardMoved'>[] }

export type FollowShardsDeps<Of extends Followed> = {
  /** Where the shards are now. */
  read(): Promise<Shard[]>
  /** The nodes that cannot be used. Asked first: a write would wait longer, and keep others waiting. */
  away(): Promise<AwayNodes>
  /**
   * Writes the schemas of shards, and their job queues, onto the nodes that have them. Idempotent.
   *
   * @param away nodes that need not be asked
   * @returns those that were refused, with the reasons
   */
  write(schemas: readonly string[], away: AwayNodes): Promise<Refusals>
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
/** How many checks to wait before a shard that was refused is looked at again. A write keeps others from starting. */
const refusedChecks = 10
/** How many, while the nodes that it waits for are away: it may have been written by others. */
const waitingChecks = 60
/** After so many, the pools leave the former node. Not at once: a move often ends while the first waits for locks. */
const failedTriesMax = 3
const stopMsMax = 6_000

const splitMessage =
  'A shard of Citus was split, so that this server does not know where all clinics are. It ends, and has to be ' +
  'started again.'

/**
 * Reconnects the pools of each shard that has been moved to another node. Before that, writes its schema there. Does
 * the same for a shard that could not be used at the start. Looks every second, and at once after a statement found
 * that its shard is not there. A write that fails, or is refused because a node is away, is repeated after a second;
 * one that is refused for another reason, or for the third time, after ten. From then on, nothing is read from the node
 * that the shard has left, because other servers may already write on the new one.
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
  const wasRefused = (shard: Shard) => stateAt(shard).failures.isRefused
  const isDue = (shard: Shard) => {
    const nowMs = performance.now()
    const { missingSinceMs, failures } = stateAt(shard)
    return (isMoved(shard) || nowMs - missingSinceMs >= checkMs) && nowMs >= failures.untilMs
  }
  /** What has failed on another node says nothing about this one. */
  const forgetFailuresElsewhere = (shard: Shard) => {
    const state = stateAt(shard)
    const { host, port } = shard
    if (!isAt(shard, state.failures)) state.failures = { ...noFailures, host, port }
  }

  return {
    areAll: (found: readonly Shard[]) =>
      found.length === states.size && found.every(({ schema }) => states.has(schema)),
    /** Those to be written now. With one that was refused, all that were. */
    dueOf(found: readonly Shard[]): Shard[] {
      found.forEach(forgetFailuresElsewhere)
      const due = found.filter(isDue)
      const withRefused = due.some(wasRefused)
      return found.filter((shard) => due.includes(shard) || (withRefused && wasRefused(shard)))
    },
    hasRefused: () => [...states.values()].some(({ failures }) => failures.isRefused),
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
    wasRefused,
    /** Why it was not written where it is; null: it was not tried. */
    refusalOf: (shard: Shard) => stateAt(shard).failures.refusal,
    /** Whether all nodes that it waits for are away, so that it need not be written again yet. */
    isWaiting(shard: Shard, away: AwayNodes): boolean {
      const { refusal, isRefused, writtenAtMs } = stateAt(shard).failures
      const waitsFor = refusal?.waitsFor ?? []
      return (
        isRefused &&
        waitsFor.length > 0 &&
        waitsFor.every((node) => away.has(addressOf(node))) &&
        performance.now() < writtenAtMs + waitingChecks * checkMs
      )
    },
    onFailed(shard: Shard, failure: Failure): void {
      const state = stateAt(shard)
      const { failures } = state
      if (failure.kind === 'away') failures.checks += 1
      if (failure.kind === 'written') {
        failures.writes += 1
        failures.writtenAtMs = performance.now()
        failures.refusal = failure.refusal
        failures.isRefused = failure.refusal.isFinal || failures.writes >= failedTriesMax
      }
      if (failures.isRefused) failures.untilMs = performance.now() + refusedChecks * checkMs
      else if (failures.checks + failures.writes < failedTriesMax) return
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
  failures: Failures
}

/** How a shard could not be written on a node, since it was. */
type Failures = Place & {
  /** How often the node did not respond. */
  checks: number
  /** How often the write failed or was refused. */
  writes: number
  /** Why the last write was; null: there was none. */
  refusal: Refusal | null
  /** It is written again later, because it was refused, or has failed too often. */
  isRefused: boolean
  writtenAtMs: number
  /** Until when it is not to be looked at again there. */
  untilMs: number
}

const noFailures: Failures = {
  ...{ host: '', port: 0, checks: 0, writes: 0, refusal: null, isRefused: false, writtenAtMs: 0, untilMs: 0 },
}

/** `away`: it could not be tried; `waiting`: it was not tried again; `written`: it was tried. */
type Failure = { kind: 'away' | 'waiting'; error: Error } | { kind: 'written'; error: Error; refusal: Refusal }

function stateOf<Of>(at: Shard, open: Of): ShardState<Of> {
  return { open, at, missingSinceMs: Number.POSITIVE_INFINITY, failures: noFailures }
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

type WriteDeps = Pick<FollowShardsDeps<Followed>, 'away' | 'write'> & {
  wasRefused(shard: Shard): boolean
  refusalOf(shard: Shard): Refusal | null
  isWaiting(shard: Shard, away: AwayNodes): boolean
  onWritten(shard: Shard): void
  onFailed(shard: Shard, failure: Failure): void
}

/** @returns those that were not written, with the reasons: they do not delay the others */
async function writeDue(due: readonly Shard[], deps: WriteDeps): Promise<Map<Shard, Error>> {
  const failures = new Map<Shard, Error>()
  if (due.length === 0) return failures
  const fail = (shard: Shard, failure: Failure) => {
    failures.set(shard, failure.error)
    deps.onFailed(shard, failure)
  }
  const away = await deps.away()
  const writable = due.filter((shard) => {
    const failure = failureWithout(shard, away, deps)
    if (failure !== null) fail(shard, failure)
    return failure === null
  })
  const pending = new Set(writable)
  const write = async (batch: readonly Shard[]): Promise<void> => {
    try {
      const refused = await deps.write(
        batch.map(({ schema }) => schema),
        away,
      )
      for (const shard of batch) {
        pending.delete(shard)
        const refusal = refused.get(shard.schema)
        if (refusal === undefined) deps.onWritten(shard)
        else fail(shard, { kind: 'written', error: new Error(refusal.reason), refusal })
      }
    } catch (thrown) {
      if (thrown instanceof StartError) throw thrown
      if (batch.length > 1 && thrown instanceof ShardNotWritten) for (const shard of batch) await write([shard])
      else {
        for (const shard of batch) {
          pending.delete(shard)
          fail(shard, failureOf(namedError(shard, thrown)))
        }
      }
    }
  }
  try {
    for (const batch of batchesOf(writable, deps)) await write(batch)
  } catch (error) {
    // Somebody else keeps the lock of starts: no other one would get it either.
    for (const shard of pending) fail(shard, { kind: 'away', error: errorOf(error) })
  }
  return failures
}

/** Why a shard need not be written while these nodes are away; null: it can be. */
function failureWithout(shard: Shard, away: AwayNodes, { refusalOf, isWaiting }: WriteDeps): Failure | null {
  const cause = away.get(addressOf(shard))
  if (cause !== undefined) {
    const message = `The node ${addressOf(shard)} of Citus cannot be reached: ${cause.message}`
    return { kind: 'away', error: new Error(message, { cause }) }
  }
  return isWaiting(shard, away) ? { kind: 'waiting', error: new Error(refusalOf(shard)?.reason) } : null
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function failureOf(error: Error): Failure {
  return { kind: 'written', error, refusal: { reason: error.message, waitsFor: [], isFinal: false } }
}

function namedError(shard: Shard, thrown: unknown): Error {
  return thrown instanceof ShardNotWritten ? thrown : new ShardNotWritten(shard.schema, shard, thrown)
}

/** Each alone, to reconnect its pools at once. Refused ones that wait for nodes together: it may be the same. */
function batchesOf(shards: readonly Shard[], { wasRefused, refusalOf }: WriteDeps): Shard[][] {
  const waited = (shard: Shard) => wasRefused(shard) && (refusalOf(shard)?.waitsFor.length ?? 0) > 0
  const again = shards.filter(waited)
  const alone = shards.filter((shard) => !waited(shard)).map((shard) => [shard])
  return again.length === 0 ? alone : [...alone, again]
}
