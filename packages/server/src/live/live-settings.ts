import type { Config } from '../config/config.ts'

/** Limits of live updates in one process. */
export const liveDefaults = {
  connectionsMax: 20_000,
  /** null: no limit. IPv6 addresses are counted by /64. */
  connectionsPerAddressMax: 200 as number | null,
  doctorsPerConnectionMax: 50,
  messageBytesMax: 8_192,
  /** A connection may send this many messages at once, then `messagesPerSecondMax` per second. */
  messagesBurstMax: 30,
  messagesPerSecondMax: 5,
  /** Errors after which a connection is closed. */
  errorsMax: 5,
  /** Minimum time between two messages about a doctor. The first change after a pause is sent at once. */
  messageMs: 100,
  /** Added to `messageMs` per subscriber of a doctor, so that many subscribers do not overload the process. */
  messageMicrosecondsPerWatcher: 50,
  /** Unread bytes at which a connection gets no more messages until it has read them. */
  bufferedBytesMax: 65_536,
  /** How long a connection may take to read them. */
  behindMsMax: 60_000,
  heartbeatMs: 30_000,
  /** Number of slots and doctors in the change history for clients that reconnect. */
  historyMax: 50_000,
}

export type LiveSettings = typeof liveDefaults

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
