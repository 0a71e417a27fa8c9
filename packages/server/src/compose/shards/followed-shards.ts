import { addressOf } from '@holdfast/engine/nodes-of'
import { isPlaced, notPlaced, type Shard } from '@holdfast/engine/shards'
import type { Refusal } from '@holdfast/engine/write-shard-schemas'
import type { Logger } from '../../observe/logger.ts'
import type { AwayNodes } from '../placement/away-nodes.ts'
import type { OpenShard } from './open-shard.ts'

/** What is reconnected when its shard is moved. */
export type Followed = { allPools: readonly Pick<OpenShard['allPools'][number], 'onShardMoved'>[] }

/** How many checks to wait before a shard that was refused is looked at again. A write keeps others from starting. */
const refusedChecks = 10
/** How many, while the nodes that it waits for are away: it may have been written by others. */
const waitingChecks = 60
/** After so many, the pools leave the former node. Not at once: a move often ends while the first waits for locks. */
const failedTriesMax = 3

export type FollowedDeps<Of extends Followed> = {
  /** Reconnects the pools of a shard to its node. */
  relocate(open: Of, shard: Shard): void
  log: Logger
  checkMs: number
  onMissing(): void
}

/** What is known of each shard, and what is done when it was written, or was not. */
export function followedShards<Of extends Followed>(
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

  return {
    areAll: (found: readonly Shard[]) =>
      found.length === states.size && found.every(({ schema }) => states.has(schema)),
    /** What has failed on another node says nothing about the one where a shard is now. */
    forgetFailuresElsewhere(found: readonly Shard[]): void {
      for (const shard of found) {
        const state = stateAt(shard)
        const { host, port } = shard
        if (!isAt(shard, state.failures)) state.failures = { ...noFailures, host, port }
      }
    },
    /** Those to be written now. With one that was refused, all that were. */
    dueOf(found: readonly Shard[]): Shard[] {
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
      if (failure.kind === 'failed') {
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
  host: '',
  port: 0,
  checks: 0,
  writes: 0,
  refusal: null,
  isRefused: false,
  writtenAtMs: 0,
  untilMs: 0,
}

/**
 * `away`: it was not tried, because its node cannot be used, or another process keeps the lock of starts; `waiting`: it
 * was not tried, because a node that it needs cannot be used; `failed`: it could not be written.
 */
export type Failure = { kind: 'away' | 'waiting'; error: Error } | { kind: 'failed'; error: Error; refusal: Refusal }

function stateOf<Of>(at: Shard, open: Of): ShardState<Of> {
  return { open, at, missingSinceMs: Number.POSITIVE_INFINITY, failures: noFailures }
}

function isAt({ host, port }: Place, place: Place): boolean {
  return place.host === host && place.port === port
}
