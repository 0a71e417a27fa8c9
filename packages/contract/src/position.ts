/**
 * A position in the log, as text: `epoch.transaction`. Clients send it back and do not read it. Another epoch begins
 * when another database server, or a restored copy, continues the log: then positions of the epochs before name
 * something that may be lost, so lists are read again.
 *
 * A position without an epoch is from a release that had none. It counts as one of the first epoch.
 *
 * A distributed database has a log for each shard, and no two shards number an epoch alike. Positions of two shards
 * cannot be compared, so that clients send one for each shard, with commas between ({@link positionsPattern}).
 */
export type Position = { epoch: number; transaction: bigint }

/**
 * How many positions a client sends at most, one for each shard. A shard without one is read as if the client had seen
 * nothing of it.
 */
export const positionsMax = 16

const single = '(\\d{1,16}\\.)?\\d{1,20}'

export const positionPattern = `^${single}$`
/** Positions, one for each shard. A proxy that joins two headers writes a space after the comma. */
export const positionsPattern = `^${single}(, ?${single}){0,${positionsMax - 1}}$`

const parts = /^(?:(\d{1,16})\.)?(\d{1,20})$/
const list = new RegExp(positionsPattern)

/** Room for the epochs of a shard, numbered by the time in seconds: sql/functions/tail/log_epoch_floor.sql. */
const epochsPerShard = 10_000_000_000

/** The number of the shard whose log has this epoch; 0: the database is not distributed. */
export function shardOfEpoch(epoch: number): number {
  return Math.floor(epoch / epochsPerShard)
}

export function positionText(epoch: number, transaction: bigint | string): string {
  return `${epoch}.${transaction}`
}

/** null: the text is no position */
export function parsePosition(text: string): Position | null {
  const [, epoch = '0', transaction] = parts.exec(text) ?? []
  return transaction === undefined ? null : { epoch: Number(epoch), transaction: BigInt(transaction) }
}

/** One position or several with commas between; null: the text is something else, or has too many */
export function parsePositions(text: string): Position[] | null {
  if (!list.test(text)) return null
  return text.split(/, ?/).flatMap((each) => parsePosition(each) ?? [])
}

/** Compares two positions of one shard. */
export function isLaterPosition(one: Position, other: Position): boolean {
  return one.epoch === other.epoch ? one.transaction > other.transaction : one.epoch > other.epoch
}

/** The latest of the positions that are of an epoch's shard; null: all are of other shards, and say nothing of it. */
export function positionOfShard(positions: readonly Position[], epoch: number): Position | null {
  const shard = shardOfEpoch(epoch)
  let latest: Position | null = null
  for (const position of positions) {
    if (shardOfEpoch(position.epoch) !== shard) continue
    if (latest === null || isLaterPosition(position, latest)) latest = position
  }
  return latest
}
