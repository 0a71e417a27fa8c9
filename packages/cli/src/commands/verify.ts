import { type DatabasePool, recordUpkeep, type VerifyReport, verify, withPool } from '@holdfast/engine'
import { messageOf } from '@holdfast/engine/message-of'
import sql from 'sql-template-tag'
import type { CommandContext, ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { refuseUnlessMigrated } from '../refuse-unless-migrated.ts'
import { columns } from '../terminal.ts'
import { withDatabase } from '../with-database.ts'

const detailsMax = 100

/**
 * `holdfast verify`: recounts every slot and rebuilds every booking from the event log. It locks nothing, and
 * changes nothing but the stored time of the last verification.
 */
export async function verifyCommand(context: CommandContext, options: JsonOption): Promise<ExitCode> {
  return withDatabase(context, ({ ownerUrl }) =>
    withPool<ExitCode>({ url: ownerUrl, name: 'holdfast verify' }, async (pool) => {
      const report = await verifyAll(pool)
      if (options.json === true) context.terminal.json(report)
      else print(context, report)
      await record(pool, isGood(report)).catch((error: unknown) =>
        context.terminal.note(`The result could not be recorded for the metrics: ${messageOf(error)}`),
      )
      return isGood(report) ? 0 : 1
    }),
  )
}

async function verifyAll(pool: DatabasePool): Promise<VerifyReport> {
  await refuseUnlessMigrated(pool)
  return verify(pool, { clinicNo: null, detailsMax })
}

function isGood({ overbooked, mismatches }: VerifyReport): boolean {
  return overbooked === 0 && mismatches === 0
}

/** For the metrics of all processes. A replica, which can be verified too, takes no writes. */
async function record(pool: DatabasePool, hasSucceeded: boolean): Promise<void> {
  const { rows } = await pool.query<{ at: Date; isReplica: boolean }>(
    sql`select clock_timestamp() as at, pg_is_in_recovery() as "isReplica"`,
  )
  const [now] = rows
  if (now === undefined || now.isReplica) return
  await recordUpkeep(pool, 'verify', { succeededAt: hasSucceeded ? now.at : null, isFailing: !hasSucceeded })
}

function print({ terminal }: CommandContext, report: VerifyReport): void {
  const whole = (value: number) => value.toLocaleString('en')
  for (const line of columns(
    [
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
  for (const { kind, clinicId, slotId, bookingId, message } of report.details) {
    const ids = [clinicId && `clinic ${clinicId}`, slotId && `slot ${slotId}`, bookingId && `booking ${bookingId}`]
    terminal.out(`${terminal.style('red', kind)} ${ids.filter(Boolean).join(', ')}: ${message}`)
  }
  const unnamed = report.mismatches - report.details.length
  if (unnamed > 0) terminal.out(`… and ${whole(unnamed)} more`)
  terminal.out(
    isGood(report)
      ? terminal.style('green', 'Everything adds up.')
      : terminal.style('red', 'Something is wrong: see above.'),
  )
}
