import type { AuditEntry } from '../../audit/audit-entry.ts'
import { isOutcomeUnknown } from '../../edge/errors/error-handler.ts'
import type { RestDeps } from '../rest-deps.ts'

/**
 * Runs a write. If its outcome is unknown, records that in the security log: the write may be committed, and a retry
 * that finds it done is not recorded.
 *
 * @param entriesOf what is recorded, with the detail `outcome unknown`
 * @throws as `write`
 */
export async function recordUnknown<Result>(
  audit: RestDeps['audit'],
  entriesOf: () => readonly AuditEntry[],
  write: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await write()
  } catch (error) {
    if (isOutcomeUnknown(error)) {
      for (const entry of entriesOf())
        audit.record({ ...entry, details: [...(entry.details ?? []), 'outcome unknown'] })
    }
    throw error
  }
}
