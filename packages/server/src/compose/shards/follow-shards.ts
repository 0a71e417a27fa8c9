import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '@holdfast/engine/message-of'
import type { Shard } from '@holdfast/engine/shards'
import { throwAll } from '@holdfast/engine/throw-all'
import pTimeout from 'p-timeout'
import type { RunningJobs } from '../../jobs/run-jobs.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import { type Followed, type FollowedDeps, followedShards } from './followed-shards.ts'
import { type FormerShardsDeps, formerShardsDropper } from './former-shards-dropper.ts'
import { type WriteDeps, writeDue } from './write-due.ts'

export type FollowShardsDeps<Of extends Followed> = WriteDeps &
  Omit<FollowedDeps<Of>, 'checkMs' | 'onMissing'> &
  Omit<FormerShardsDeps, 'againMs'> & {
    /** Where the shards are now. */
    read(): Promise<Shard[]>
    /** The interval between checks, and how long a schema may be missing before it is written again. Milliseconds. */
    checkMs?: number
  }

export type FollowingShards = RunningJobs & {
  /** Resolves when there are other shards than those that are followed. */
  split: Promise<Error>
}

const checkMsDefault = 1_000
/** The shortest interval between checks, however many statements fail. */
const wokenMsMin = 50
/** How many checks to wait before what could not be dropped is dropped again. */
const dropAgainChecks = 60
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
    followed.forgetFailuresElsewhere(found)
    const due = followed.dueOf(found)
    const failures = await writeDue(due, { ...deps, ...followed })
    if (failures.size < due.length) former.expect()
    former.drop()
    throwAll([...failures.values()])
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
        const message = messageOf(error)
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
