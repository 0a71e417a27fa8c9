import { type VerifyReport, verify, withPool } from '@holdfast/engine'
import type { CommandContext, ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { shardsIfDistributed } from '../refuse-distributed.ts'
import { refuseUnlessMigrated } from '../refuse-unless-migrated.ts'
import { columns } from '../terminal.ts'
import { type ShardedReport, verifyShards } from '../verify-shards.ts'
import { withDatabase } from '../with-database.ts'

const detailsMax = 100

/**
 * `holdfast verify`: recounts every slot and rebuilds every booking from the event log. Changes nothing and locks
 * nothing. On Citus it does so in each shard.
 */
export async function verifyCommand(context: CommandContext, options: JsonOption): Promise<ExitCode> {
  const report = await withDatabase(context, ({ ownerUrl }) => verifyAll(ownerUrl))
  const isGood = report.overbooked === 0 && report.mismatches === 0
  if (options.json === true) context.terminal.json(report)
  else print(context, report, isGood)
  return isGood ? 0 : 1
}

type Report = VerifyReport | ShardedReport

async function verifyAll(ownerUrl: string): Promise<Report> {
  return withPool<Report>({ url: ownerUrl, name: 'holdfast verify' }, async (pool) => {
    await refuseUnlessMigrated(pool)
    const shards = await shardsIfDistributed(ownerUrl)
    if (shards !== null) return verifyShards(ownerUrl, shards, detailsMax)
    return verify(pool, { clinicNo: null, detailsMax })
  })
}

function print({ terminal }: CommandContext, report: Report, isGood: boolean): void {
  const whole = (value: number) => value.toLocaleString('en')
  for (const line of columns(
    [
      ...('shards' in report ? [['shards', whole(report.shards.length)] as const] : []),
      ['slots', whole(report.slots)],
      ['bookings', whole(report.bookings)],
      ['events', whole(report.events)],
      ['overbooked', whole(report.overbooked)],
      ['mismatches', whole(report.mismatches)],
    ],
    '',
  )) {
    terminal.out(line)
  }
  for (const { kind, clinicId, slotId, bookingId, message, ...rest } of report.details) {
    const ids = [clinicId && `clinic ${clinicId}`, slotId && `slot ${slotId}`, bookingId && `booking ${bookingId}`]
    const where = 'shard' in rest ? [...ids, rest.shard] : ids
    terminal.out(`${terminal.style('red', kind)} ${where.filter(Boolean).join(', ')}: ${message}`)
  }
  const unnamed = report.mismatches - report.details.length
  if (unnamed > 0) terminal.out(`… and ${whole(unnamed)} more`)
  terminal.out(
    isGood ? terminal.style('green', 'Everything adds up.') : terminal.style('red', 'Something is wrong: see above.'),
  )
}
