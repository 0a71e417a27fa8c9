import { messageOf } from '../../database/message-of.ts'

/**
 * Throws what has failed, if anything has.
 *
 * @throws AggregateError with each message once: those of all shards of a node are alike
 */
export function throwAll(failures: readonly Error[]): void {
  if (failures.length === 0) return
  throw new AggregateError(failures, [...new Set(failures.map(messageOf))].join('; '))
}
