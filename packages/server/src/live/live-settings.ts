import type { Config } from '../config/config.ts'

/** Limits of live updates in one process. */
export type LiveSettings = {
  connectionsMax: number
  /** null: no limit. IPv6 addresses are counted by /64. */
  connectionsPerAddressMax: number | null
  doctorsPerConnectionMax: number
  messageBytesMax: number
  /** A connection may send this many messages at once, then `messagesPerSecondMax` per second. */
  messagesBurstMax: number
  messagesPerSecondMax: number
  /** Errors after which a connection is closed. */
  errorsMax: number
  /** Minimum time between two messages about a doctor. The first change after a pause is sent at once. */
  messageMs: number
  /** Added to `messageMs` per subscriber of a doctor, so that many subscribers do not overload the process. */
  messageMicrosecondsPerWatcher: number
  /** Unread bytes at which a connection gets no more messages until it has read them. */
  bufferedBytesMax: number
  /** How long a connection may take to read them. */
  behindMsMax: number
  heartbeatMs: number
  /** Number of slots and doctors in the change history for clients that reconnect. */
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
  bufferedBytesMax: 65_536,
  behindMsMax: 60_000,
  heartbeatMs: 30_000,
  historyMax: 50_000,
}

/** The limits from the settings. */
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
