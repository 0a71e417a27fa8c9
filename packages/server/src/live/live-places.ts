import type { Position } from '@holdfast/contract/position'
import type { LiveFigures } from '../observe/live-figures.ts'
import type { LiveSettings } from './live-settings.ts'
import type { LiveTransport } from './live-subscriber.ts'

/**
 * `unknown`: these are not active doctors; the subscription has the others. `none_known`: none of them is an active
 * doctor. `unavailable`: the database could not be read. In all cases but the first nothing has changed.
 */
export type SubscribeOutcome =
  | { kind: 'subscribed'; unknown: string[] }
  | { kind: 'none_known' }
  | { kind: 'too_many' }
  | { kind: 'unavailable' }

/** A connection, as the routes know it. It belongs to those live places that have returned it. */
export type LiveConnection = {
  readonly transport: LiveTransport
  readonly isClosed: boolean
  /** More is unread than the settings allow. */
  readonly isFull: boolean
}

/** Live places as the routes use them: of one shard, or of several. */
export interface LivePlaces {
  readonly settings: LiveSettings
  readonly isStopping: boolean
  readonly figures: Readonly<LiveFigures>
  /** Bytes sent that have not been read yet, over all connections. */
  readonly bufferedBytes: number
  /** Adds a connection without subscriptions. Call `disconnect` when it has ended. */
  connect(transport: LiveTransport): LiveConnection
  disconnect(connection: LiveConnection): void
  /**
   * Subscribes a connection to more doctors and sends it `subscribed`. With `after`, the changes since these positions
   * are sent before anything else, or `resync` if they are not known.
   */
  subscribe(
    connection: LiveConnection,
    doctorIds: readonly string[],
    after: readonly Position[] | null,
  ): Promise<SubscribeOutcome>
  unsubscribe(connection: LiveConnection, doctorIds: readonly string[]): void
  /** Closes every connection with 1001, and destroys those that do not close in time. */
  stop(): Promise<void>
}
