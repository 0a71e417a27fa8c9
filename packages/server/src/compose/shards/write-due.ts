import { messageOf } from '@holdfast/engine/message-of'
import { addressOf } from '@holdfast/engine/nodes-of'
import type { Shard } from '@holdfast/engine/shards'
import { type Refusal, type Refusals, ShardNotWritten } from '@holdfast/engine/write-shard-schemas'
import { StartError } from '../../lifecycle/start-error.ts'
import type { AwayNodes } from '../placement/away-nodes.ts'
import type { Failure } from './followed-shards.ts'

export type WriteDeps = {
  /** The nodes that cannot be used. Checked first: a write to one holds the lock of starts until it times out. */
  away(): Promise<AwayNodes>
  /**
   * Writes the schemas of shards, and their job queues, onto the nodes that have them. Idempotent.
   *
   * @param away nodes that need not be queried
   * @returns those that were refused, with the reasons
   */
  write(schemas: readonly string[], away: AwayNodes): Promise<Refusals>
}

/** What is known of the shards that are followed. */
type KnownShards = {
  wasRefused(shard: Shard): boolean
  refusalOf(shard: Shard): Refusal | null
  isWaiting(shard: Shard, away: AwayNodes): boolean
  onWritten(shard: Shard): void
  onFailed(shard: Shard, failure: Failure): void
}

/** Writes shards that are due. @returns those that were not written, with the reasons: they do not delay the others */
export async function writeDue(due: readonly Shard[], deps: WriteDeps & KnownShards): Promise<Map<Shard, Error>> {
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
        else fail(shard, { kind: 'failed', error: new Error(refusal.reason), refusal })
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
function failureWithout(shard: Shard, away: AwayNodes, { refusalOf, isWaiting }: KnownShards): Failure | null {
  const cause = away.get(addressOf(shard))
  if (cause !== undefined) {
    const message = `The node ${addressOf(shard)} of Citus cannot be reached: ${messageOf(cause)}`
    return { kind: 'away', error: new Error(message, { cause }) }
  }
  return isWaiting(shard, away) ? { kind: 'waiting', error: new Error(refusalOf(shard)?.reason) } : null
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function failureOf(error: Error): Failure {
  return { kind: 'failed', error, refusal: { reason: error.message, waitsFor: [], isFinal: false } }
}

function namedError(shard: Shard, thrown: unknown): Error {
  return thrown instanceof ShardNotWritten ? thrown : new ShardNotWritten(shard.schema, shard, thrown)
}

/** Each alone, to reconnect its pools at once. Refused ones that wait for nodes together: it may be the same. */
function batchesOf(shards: readonly Shard[], { wasRefused, refusalOf }: KnownShards): Shard[][] {
  const waited = (shard: Shard) => wasRefused(shard) && (refusalOf(shard)?.waitsFor.length ?? 0) > 0
  const again = shards.filter(waited)
  const alone = shards.filter((shard) => !waited(shard)).map((shard) => [shard])
  return again.length === 0 ? alone : [...alone, again]
}
