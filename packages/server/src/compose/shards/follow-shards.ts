import { setTimeout as delay } from 'node:timers/promises'
import { isPlaced, notPlaced, type Shard } from '@holdfast/engine/shards'
import { ShardsRefused } from '@holdfast/engine/write-shard-schemas'
import pTimeout from 'p-timeout'
import type { RunningJobs } from '../../jobs/run-jobs.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { OpenShard } from './open-shard.ts'

/** What is led to a shard's node when the shard is moved. */
export type Followed = { allPools: readonly Pick<OpenShard['allPools'][number], 'onShardMoved'>[] }

export type FollowShardsDeps<Of extends Followed> = {
  /** Where the shards are now. */
  read(): Promise<Shard[]>
  /**
   * Those of these shards whose nodes cannot be used, each with the reason. Asked first: a write would wait longer, and
   * keep others waiting.
   */
  unreachable(shards: readonly Shard[]): Promise<ReadonlyMap<Shard, Error>>
  /** Writes the schemas of shards, and their job queues, onto the nodes that have them. Idempotent. */
  write(schemas: readonly string[]): Promise<void>
  /** Leads what is open of a shard to its node. */
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
const stopMsMax = 6_000

const splitMessage =
  'A shard of Citus was split, so that this server does not know where all clinics are. It ends, and has to be ' +
  'started again.'

/**
 * Reconnects the pools of each shard that has been moved to another node. Before that, writes its schema there. Does
 * the same for a shard that could not be used at the start. Looks every second, and at once after a statement found
 * that its shard is not there. What fails is repeated after a second; a shard that is refused, after ten.
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
  const followed = new Map(Array.from(opened, ([shard, open]) => [shard.schema, { at: shard, open }]))
  /** Since when statements find them missing. */
  const missingSinceMs = new Map<string, number>()
  const refusals = refusalsFor(refusedChecks * checkMs)
  const former = formerShardsDropper({ ...deps, againMs: dropAgainChecks * checkMs })
  const waiter = waiterFor(stopping.signal)
  for (const [schema, { open }] of followed) {
    for (const pool of open.allPools) {
      pool.onShardMoved = () => {
        if (!missingSinceMs.has(schema)) missingSinceMs.set(schema, performance.now())
        waiter.wake()
      }
    }
  }

  const isMoved = ({ schema, host, port }: Shard) => {
    const at = followed.get(schema)?.at
    return at?.host !== host || at.port !== port
  }
  const isMissing = ({ schema }: Shard) =>
    performance.now() - (missingSinceMs.get(schema) ?? Number.POSITIVE_INFINITY) >= checkMs

  /** @returns whether there was something to do; `split`: others must be followed */
  async function look(): Promise<boolean | 'split'> {
    const found = await deps.read()
    if (found.length !== followed.size || found.some(({ schema }) => !followed.has(schema))) return 'split'
    const due = found.filter((shard) => (isMoved(shard) || isMissing(shard)) && !refusals.has(shard))
    const failures = await writeEach(due, deps, lead)
    for (const [shard, error] of failures) if (error instanceof ShardsRefused) refuse(shard)
    if (failures.size < due.length) former.expect()
    former.drop()
    if (failures.size > 0) throw errorOf([...failures.values()])
    return due.length > 0
  }

  /** Nothing is read from the node that it has left. */
  function refuse(shard: Shard): void {
    refusals.add(shard)
    const of = followed.get(shard.schema)
    if (of === undefined || !isPlaced(of.at)) return
    of.at = notPlaced(shard)
    deps.relocate(of.open, of.at)
  }

  function lead(shard: Shard): void {
    const { schema, host, port } = shard
    missingSinceMs.delete(schema)
    refusals.delete(shard)
    const of = followed.get(schema)
    if (of === undefined || !isMoved(shard)) return
    deps.relocate(of.open, shard)
    const message = isPlaced(of.at) ? 'a shard was moved to another node' : 'a shard can be used now'
    log.info({ shard: schema, host, port }, message)
    of.at = shard
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
        if (refusals.isEmpty()) lastError = ''
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

/** Shards that were refused, which are not to be written again for a while where they were then. */
function refusalsFor(ms: number) {
  const bySchema = new Map<string, { host: string; port: number; untilMs: number }>()
  return {
    add({ schema, host, port }: Shard) {
      bySchema.set(schema, { host, port, untilMs: performance.now() + ms })
    },
    has({ schema, host, port }: Shard): boolean {
      const refusal = bySchema.get(schema)
      return refusal?.host === host && refusal.port === port && performance.now() < refusal.untilMs
    },
    delete: ({ schema }: Shard) => bySchema.delete(schema),
    isEmpty: () => bySchema.size === 0,
  }
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
function errorOf(failures: readonly unknown[]): AggregateError {
  return new AggregateError(failures, [...new Set(failures.map(String))].join('; '))
}

/** @returns those that failed, with their errors: they do not delay the others */
async function writeEach(
  due: readonly Shard[],
  deps: Pick<FollowShardsDeps<Followed>, 'unreachable' | 'write'>,
  lead: (shard: Shard) => void,
): Promise<Map<Shard, unknown>> {
  const failures = new Map<Shard, unknown>()
  for (const [shard, cause] of await deps.unreachable(due)) {
    const node = `${shard.host}:${shard.port}`
    failures.set(shard, new Error(`The node ${node} of Citus cannot be reached: ${cause.message}`, { cause }))
  }
  for (const shard of due.filter((each) => !failures.has(each))) {
    try {
      await deps.write([shard.schema])
      lead(shard)
    } catch (error) {
      failures.set(shard, error)
    }
  }
  return failures
}
