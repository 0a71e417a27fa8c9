import type { CitusClaim } from './citus-load.ts'
import type { OpenShards } from './citus-shards.ts'

/** Which of the acknowledged bookings are missing, and how many were made twice. */
export async function compareJournal(
  shards: OpenShards,
  journal: readonly CitusClaim[],
): Promise<{ lost: number; duplicated: number }> {
  const found = await shards.bookings()
  const keys = new Set(journal.map(({ key }) => key))
  const ours = found.filter(({ key }) => keys.has(key))
  const ids = new Set(ours.map(({ id }) => id))
  return {
    lost: journal.filter(({ bookingId }) => !ids.has(bookingId)).length,
    duplicated: ours.length - new Set(ours.map(({ key }) => key)).size,
  }
}
