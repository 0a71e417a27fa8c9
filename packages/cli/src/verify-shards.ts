import { isShardMoved, type VerifyReport, verify, withPool } from '@holdfast/engine'
import { addressOf } from '@holdfast/engine/nodes-of'
import { type NotedRole, rolesNotNoted } from '@holdfast/engine/note-account-clinics'
import { type Shard, shardUrl } from '@holdfast/engine/shards'
import { CommandRefusal } from './command.ts'
import { shardsIfDistributed } from './refuse-distributed.ts'

type Found = VerifyReport['details'][number]

/** `clinicId`: null, if the finding is about a whole shard. */
type Finding = Omit<Found, 'kind' | 'clinicId'> & {
  kind: Found['kind'] | 'role_not_noted' | 'shard_not_written'
  clinicId: string | null
}

/** `shard`: the schema of the clinic's shard, and its node. */
export type ShardedReport = Omit<VerifyReport, 'details'> & {
  details: (Finding & { shard: string })[]
  shards: { shard: string; slots: number; bookings: number; events: number; mismatches: number }[]
}

type ShardReport = Omit<VerifyReport, 'details'> & { details: Finding[] }

/**
 * Verifies each shard of a database that is distributed over Citus, and sums up.
 *
 * @throws CommandRefusal if a shard is moved or split meanwhile: its copy may have been verified too early
 */
export async function verifyShards(
  ownerUrl: string,
  shards: readonly Shard[],
  detailsMax: number,
): Promise<ShardedReport> {
  const sum: ShardedReport = { slots: 0, bookings: 0, events: 0, overbooked: 0, mismatches: 0, details: [], shards: [] }
  for (const shard of shards) {
    const left = detailsMax - sum.details.length
    const found = await verifyShard(ownerUrl, shard, left).catch(async (error: unknown) => {
      await refuseIfMoved(ownerUrl, shards)
      if (isShardMoved(error)) return notWritten
      throw error
    })
    const name = nameOf(shard)
    for (const figure of ['slots', 'bookings', 'events', 'overbooked', 'mismatches'] as const) {
      sum[figure] += found[figure]
    }
    sum.details.push(...found.details.slice(0, left).map((detail) => ({ ...detail, shard: name })))
    const { slots, bookings, events, mismatches } = found
    sum.shards.push({ shard: name, slots, bookings, events, mismatches })
  }
  await refuseIfMoved(ownerUrl, shards)
  return sum
}

/** A shard whose schema is not on its node. */
const notWritten: ShardReport = {
  slots: 0,
  bookings: 0,
  events: 0,
  overbooked: 0,
  mismatches: 1,
  details: [
    {
      kind: 'shard_not_written',
      clinicId: null,
      slotId: null,
      bookingId: null,
      message: 'the schema of this shard is not written, so that it was not verified: run `holdfast migrate --citus`',
    },
  ],
}

async function verifyShard(ownerUrl: string, shard: Shard, detailsMax: number): Promise<ShardReport> {
  const name = 'holdfast verify'
  return withPool({ url: shardUrl(ownerUrl, shard), name }, async (pool) => {
    const report = await verify(pool, { clinicNo: null, detailsMax })
    const notNoted = await withPool({ url: ownerUrl, name }, (coordinator) => rolesNotNoted(coordinator, pool))
    const details = [...report.details, ...notNoted.map(findingOf)]
    return { ...report, mismatches: report.mismatches + notNoted.length, details }
  })
}

function findingOf({ accountId, clinicId }: NotedRole): Finding {
  const message =
    `the account ${accountId} has a role here, but the coordinator does not know of it, so that it has no effect: ` +
    'run `holdfast migrate --citus`'
  return { kind: 'role_not_noted', clinicId, slotId: null, bookingId: null, message }
}

function nameOf(shard: Shard): string {
  return `${shard.schema} on ${addressOf(shard)}`
}

async function refuseIfMoved(ownerUrl: string, before: readonly Shard[]): Promise<void> {
  const now = await shardsIfDistributed(ownerUrl)
  const names = (shards: readonly Shard[] | null) => (shards ?? []).map(nameOf).join()
  if (names(now) === names(before)) return
  throw new CommandRefusal('a shard was moved or split meanwhile: run `holdfast verify` again')
}
