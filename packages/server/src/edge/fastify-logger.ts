import type { FastifyBaseLogger } from 'fastify'
import type { Logger } from '../observe/logger.ts'

/** pino's logger has all methods that Fastify needs. */
export function asFastifyLogger(log: Logger): FastifyBaseLogger {
  return log
}
