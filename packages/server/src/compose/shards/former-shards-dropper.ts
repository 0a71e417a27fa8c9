import type { Logger } from '../../observe/logger.ts'

export type FormerShardsDeps = {
  /** Drops what moved shards have left on their former nodes. Idempotent. */
  dropFormer(): Promise<void>
  log: Logger
  /** How long to wait before what could not be dropped is dropped again, milliseconds. */
  againMs: number
}

/** What shards have left on other nodes: expected after each move, and dropped. What fails is repeated. */
export function formerShardsDropper({ dropFormer, log, againMs }: FormerShardsDeps) {
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
