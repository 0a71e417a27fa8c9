/**
 * A position in the log, as text: `epoch.transaction`. Clients send it back and do not read it. Another epoch begins
 * when another database server, or a restored copy, continues the log: then positions of the epochs before name
 * something that may be lost, so lists are read again. On Citus, each shard has a log of its own, and no two shards
 * number an epoch alike.
 *
 * A position without an epoch is from a release that had none. It counts as one of the first epoch.
 */
export type Position = { epoch: number; transaction: bigint }

export const positionPattern = '^(\\d{1,16}\\.)?\\d{1,20}$'

const parts = /^(?:(\d{1,16})\.)?(\d{1,20})$/

export function positionText(epoch: number, transaction: bigint | string): string {
  return `${epoch}.${transaction}`
}

/** null: the text is no position */
export function parsePosition(text: string): Position | null {
  const [, epoch = '0', transaction] = parts.exec(text) ?? []
  return transaction === undefined ? null : { epoch: Number(epoch), transaction: BigInt(transaction) }
}

export function isLaterPosition(one: Position, other: Position): boolean {
  return one.epoch === other.epoch ? one.transaction > other.transaction : one.epoch > other.epoch
}
