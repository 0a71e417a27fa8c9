import type { NotDone } from '../model/claim.ts'

/** An item of a `BatchQueue`, with its caller. */
export type Waiting<Item, Outcome> = {
  item: Item
  since: number
  tries: number
  /** The connection was lost during a try: that transaction may have committed, or may still commit. */
  mayBeCommitted: boolean
  /** Another transaction has locked its row, or that of an item of its batch. */
  isLocked: boolean
  resolve(outcome: Outcome | NotDone): void
  reject(error: unknown): void
}
