import type { RecordMerged } from '../model/patient-record.ts'

const prefix = 'record_merged:'

/** The outcome `record_merged:<id>` of an SQL function; null: it is another one. */
export function recordMerged(outcome: string): RecordMerged | null {
  return outcome.startsWith(prefix) ? { kind: 'record_merged', mergedInto: outcome.slice(prefix.length) } : null
}
