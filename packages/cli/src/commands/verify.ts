import { type DatabasePool, missingShards, recordUpkeep, type VerifyReport, verify } from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import type { CommandContext, ExitCode } from '../command.ts'
import type { JsonOption, ShardOption } from '../command-options.ts'
import { refuseUnlessMigrated } from '../refuse-unless-migrated.ts'
import { columns } from '../terminal.ts'
import { missingProblem, type NamedDatabase, withAllDatabases } from '../with-all-databases.ts'

const detailsMax = 100

export type VerifyOptions = JsonOption & ShardOption

/** `report` is null for a database that cannot be used; `problem` says why. */
type Verified = { name: string } & ({ report: VerifyReport; problem: null } | { report: null; problem: string })

/**
 * `holdfast verify`: recounts every slot and rebuilds every booking from the event log, in the database, or one after
 * the other in all of an installation. It locks nothing, and changes nothing but the stored time of the last
 * verification.
 */
export async function verifyCommand(context: CommandContext, options: VerifyOptions): Promise<ExitCode> {
  const verified = await withAllDatabases(
    context,
    'verify',
    async (directory, others): Promise<Verified[]> => {
      const first = await verifyOne(context, directory)
      const found: Verified[] = [{ name: directory.name, report: first, problem: null }]
      for (const other of others) {
        try {
          found.push({ name: other.name, report: await verifyOne(context, other), problem: null })
        } catch (error) {
          found.push({ name: other.name, report: null, problem: messageOf(error) })
        }
      }
      if (options.shard !== undefined) return found
      const names = others.map(({ name }) => name)
      for (const { name, no, clinics } of await missingShards(directory.pool, names)) {
        if (clinics > 0) found.push({ name: name ?? `number ${no}`, report: null, problem: missingProblem })
      }
      return found
    },
    options,
  )
  const [only] = verified
  if (options.json === true) {
    context.terminal.json(
      verified.length === 1 && only?.report
        ? only.report
        : { databases: verified.map(({ name, report, problem }) => ({ name, problem, ...report })) },
    )
  } else for (const one of verified) print(context, one, verified.length > 1)
  return verified.every(({ report }) => report !== null && isGood(report)) ? 0 : 1
}

async function verifyOne({ terminal }: CommandContext, { pool }: NamedDatabase): Promise<VerifyReport> {
  const report = await verifyAll(pool)
  await record(pool, report).catch((error: unknown) =>
    terminal.note(`The result could not be recorded for the metrics: ${messageOf(error)}`),
  )
  return report
}

async function verifyAll(pool: DatabasePool): Promise<VerifyReport> {
  await refuseUnlessMigrated(pool)
  return verify(pool, { clinicNo: null, detailsMax })
}

function isGood({ overbooked, mismatches }: VerifyReport): boolean {
  return overbooked === 0 && mismatches === 0
}

/** For the metrics of all processes. A replica, which can be verified too, takes no writes. */
async function record(pool: DatabasePool, report: VerifyReport): Promise<void> {
  const { rows } = await pool.query<{ at: Date; isReplica: boolean }>(
    sql`select clock_timestamp() as at, pg_is_in_recovery() as "isReplica"`,
  )
  const [now] = rows
  if (now === undefined || now.isReplica) return
  const hasSucceeded = isGood(report)
  const { overbooked, mismatches } = report
  await recordUpkeep(pool, 'verify', {
    succeededAt: hasSucceeded ? now.at : null,
    isFailing: !hasSucceeded,
    faults: Math.max(overbooked, mismatches),
  })
}

function print({ terminal }: CommandContext, { name, report, problem }: Verified, isOneOfSeveral: boolean): void {
  if (isOneOfSeveral) terminal.out(terminal.style('bold', name))
  if (report === null) {
    terminal.out(terminal.style('red', `The database cannot be used: ${problem}`))
    return
  }
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
