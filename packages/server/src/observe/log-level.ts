import type { Config } from '../config/config.ts'
import type { Logger } from './logger.ts'

export type LogLevel = Config['logLevel']

/**
 * Changes the level of the log between HOLDFAST_LOG_LEVEL and debug. Unlike SIGUSR2, it does nothing to a process that
 * does not expect it, so that it may be sent to a whole service: a SIGUSR2 that reaches the embedded PostgreSQL shuts
 * its checkpointer down, and every connection is cut (packages/cli/test/log-level.test.ts). It also does nothing before
 * a start has come as far as to listen to it. Node needs SIGUSR1 for its debugger.
 */
export const levelSignal = 'SIGURG'

/** Sets the level, also of the loggers that `log.child` has created, and says so in a line that either level shows. */
export function changeLevel(log: Logger, logLevel: LogLevel): void {
  const former = log.level
  if (former === logLevel) return
  const isLess = rankOf(log, logLevel) > rankOf(log, former)
  if (!isLess) log.level = logLevel
  log.info({ logLevel, former }, 'log level changed')
  if (isLess) log.level = logLevel
}

/**
 * Listens to {@link levelSignal}: the first one changes from the configured level to debug (to info, if that or trace
 * is the configured one), the next one back.
 *
 * @returns what to call when the process does not use the log any more
 */
export function switchLevelBySignal(log: Logger, configured: LogLevel): () => void {
  const other = configured === 'debug' || configured === 'trace' ? 'info' : 'debug'
  const onSignal = () => changeLevel(log, log.level === configured ? other : configured)
  process.on(levelSignal, onSignal)
  return () => void process.off(levelSignal, onSignal)
}

/**
 * Calls `send` whenever the level has changed, for the log of another process.
 *
 * @returns what to call when that process has ended
 */
export function onLevelChange(log: Logger, send: (logLevel: LogLevel) => void): () => void {
  const listener = (level: string) => send(level as LogLevel)
  log.on('level-change', listener)
  return () => void log.off('level-change', listener)
}

/** The level now. */
export function levelOf(log: Logger): LogLevel {
  return log.level as LogLevel
}

function rankOf({ levels }: Logger, level: string): number {
  return levels.values[level] ?? Number.POSITIVE_INFINITY
}
