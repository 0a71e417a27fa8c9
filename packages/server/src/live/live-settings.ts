import type { Config } from '../config.ts'

/** The bounds of live updates in one process. */
export type LiveSettings = {
  connectionsMax: number
  /** null: no bound. An IPv6 address is its /64. */
  connectionsPerAddressMax: number | null
  doctorsPerConnectionMax: number
  messageBytesMax: number
  /** A connection may send so many at once, and then so many a second. */
  messagesBurstMax: number
  messagesPerSecondMax: number
  /** Errors that one connection is told of before it is ended. */
  errorsMax: number
  /** A doctor's watchers are told at most once in this time; the first change after a pause at once. */
  messageMs: number
  /** Each watcher of a doctor adds so much to `messageMs`, so that a crowd does not take the process for itself. */
  messageMicrosecondsPerWatcher: number
  /** Between two reads of availability. */
  readMs: number
  /** What a connection has not read yet, before it is told no more until it has. */
  bufferedBytesMax: number
  /** How long it may take to read that. */
  behindMsMax: number
  heartbeatMs: number
  /** Changes that are remembered for connections that come back: slots and doctors. */
  historyMax: number
}

export const liveDefaults: LiveSettings = {
  connectionsMax: 20_000,
  connectionsPerAddressMax: 200,
  doctorsPerConnectionMax: 50,
  messageBytesMax: 8_192,
  messagesBurstMax: 30,
  messagesPerSecondMax: 5,
  errorsMax: 5,
  messageMs: 100,
  messageMicrosecondsPerWatcher: 50,
  readMs: 10,
  bufferedBytesMax: 65_536,
  behindMsMax: 60_000,
  heartbeatMs: 30_000,
  historyMax: 50_000,
}

/** The bounds as the environment sets them. */
export function liveSettingsOf(
  config: Pick<Config, 'liveConnectionsMax' | 'liveConnectionsPerAddressMax' | 'liveDoctorsMax' | 'rateLimit'>,
): LiveSettings {
  return {
    ...liveDefaults,
    connectionsMax: config.liveConnectionsMax,
    connectionsPerAddressMax: config.rateLimit ? config.liveConnectionsPerAddressMax : null,
    doctorsPerConnectionMax: config.liveDoctorsMax,
  }
}
