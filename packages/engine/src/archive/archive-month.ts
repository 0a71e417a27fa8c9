import { access, constants } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import sql from 'sql-template-tag'
import { isLockTimeout } from '../database/database-unavailable.ts'
import {
  type ArchivedKind,
  type ArchivedLine,
  type ArchiveSummary,
  archiveFileName,
  archiveHeader,
  archivePath,
  readArchiveFile,
  writeArchiveFile,
} from './archive-file.ts'
import { ArchiveRefused } from './archive-refused.ts'
import {
  archivedMonth,
  dayOf,
  deleteArchivedRows,
  inArchiveSession,
  moveRowsBack,
  schemaOf,
} from './archive-session.ts'

/** A month can be archived when it ended this long ago: readers of the log have read it by then. */
export const archiveAgeMonths = 6
/** Nothing of a month may have changed for so long, but for patients who were erased. */
const quietDays = 30
const slotsPerMove = 200
const rowsPerPage = 2_000
const lockTriesMax = 5
const fileErrors = new Set(['EACCES', 'EDQUOT', 'EFBIG', 'EIO', 'ENOENT', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS'])

/** `file`: it has its name and is on disk; `checked`: it was read back; `archived`: the database counts on it. */
export type ArchiveStep = 'claimed' | 'moved' | 'file' | 'checked' | 'archived' | 'deleted'

export type WrittenArchive = ArchiveSummary & { path: string }

export type ArchiveRequest = {
  /** YYYY-MM */
  month: string
  directory: string
  /** Called after each step, and waited for; `moved`: after each part of it. */
  onStep?: (step: ArchiveStep) => void | Promise<void>
}

/**
 * Moves a month out of the database into a file: its rows leave their tables for `archived_row` in short transactions,
 * the file is written from there, flushed, and read back, and only then are the rows deleted. After a crash, whenever
 * it was, a repetition finishes the work. Claims go on meanwhile.
 *
 * @returns null: the month had been archived before
 * @throws ArchiveRefused
 */
export function archiveMonth(pool: pg.Pool, request: ArchiveRequest): Promise<WrittenArchive | null> {
  return inArchiveSession(pool, (client) => archive(client, request))
}

async function archive(
  client: pg.PoolClient,
  { month, directory, onStep = () => undefined }: ArchiveRequest,
): Promise<WrittenArchive | null> {
  // Before anything is moved.
  await access(directory, constants.W_OK)
  const before = await archivedMonth(client, month)
  if (before?.state === 'loading' || before?.state === 'restoring') {
    throw new ArchiveRefused('being_restored', `${month} is being restored: finish \`holdfast archive restore\` first`)
  }
  if (before?.state === 'archived') {
    await deleteArchivedRows(client, month)
    return null
  }
  if (before === null) {
    await requireEligible(client, month)
    await client.query(sql`insert into holdfast.archived_month (month) values (${dayOf(month)})`)
  }
  await onStep('claimed')
  const path = archivePath(directory, month)
  const summary = await orMoveBack(client, month, async () => {
    await moveRows(client, month, () => onStep('moved'))
    const header = archiveHeader(month, await schemaOf(client))
    const written = await writeArchiveFile(path, header, rowsOf(client, month))
    await onStep('file')
    const read = await readArchiveFile(path)
    if (!read.checksum.equals(written.checksum)) {
      throw new ArchiveRefused('damaged', `${path} was read back with another content`)
    }
    return written
  })
  await onStep('checked')
  const { counts, checksum } = summary
  await client.query(sql`
    update holdfast.archived_month
       set state = 'archived', slots = ${counts.slot}, bookings = ${counts.booking}, events = ${counts.booking_event},
           manage_tokens = ${counts.manage_token}, checksum = ${checksum}, file_name = ${archiveFileName(month)},
           archived_at = now()
     where month = ${dayOf(month)}`)
  await onStep('archived')
  await deleteArchivedRows(client, month)
  await onStep('deleted')
  return { ...summary, path }
}

/**
 * What prevents the archive may last for weeks: meanwhile the month's bookings must be found, also to be erased. So
 * they are moved back if the month is refused, or the file system fails.
 */
async function orMoveBack<Result>(client: pg.PoolClient, month: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const isOfFiles = error instanceof Error && 'code' in error && fileErrors.has(String(error.code))
    if (error instanceof ArchiveRefused || isOfFiles) await moveRowsBack(client, month)
    throw error
  }
}

/** @throws ArchiveRefused too_young, in_use */
async function requireEligible(client: pg.PoolClient, month: string): Promise<void> {
  const day = dayOf(month)
  const { rows } = await client.query<{ newest: string; too_young: boolean }>(sql`
    select to_char(e.newest, 'YYYY-MM') as newest, ${day}::date > e.newest as too_young
      from (select date_trunc('month', now()) - make_interval(months => ${archiveAgeMonths + 1}) as newest) e`)
  const [age] = rows
  if (age === undefined || age.too_young) {
    throw new ArchiveRefused('too_young', `${month} is too young: ${age?.newest} is the newest month to archive`)
  }
  const obstacles = await client.query<{ holds: number; keys: number; changed: number; long: number }>(sql`
    select count(*) filter (where b.status = 'PENDING') as holds, count(k.key) as keys,
           count(*) filter (where b.updated_at >= now() - make_interval(days => ${quietDays})
                              and b.erased_at is distinct from b.updated_at) as changed,
           count(*) filter (where s.ends_at >= now() - make_interval(days => ${quietDays})) as long
      from holdfast.slot s
      join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id and r.kind = 'doctor'
      left join holdfast.booking b on b.clinic_no = s.clinic_no and b.slot_id = s.id
      left join holdfast.idempotency k on k.clinic_no = b.clinic_no and k.booking_id = b.id
     where s.starts_at >= ${day}::date and s.starts_at < ${day}::date + interval '1 month'`)
  const [found] = obstacles.rows
  const what = [
    found?.holds && `${found.holds} holds that have not been expired`,
    found?.keys && `${found.keys} bookings with idempotency keys`,
    found?.changed && `${found.changed} bookings that changed in the last ${quietDays} days`,
    found?.long && `${found.long} slots that have not been over for ${quietDays} days`,
  ].filter(Boolean)
  if (what.length > 0) throw new ArchiveRefused('in_use', `${month} has ${what.join(', ')}`)
}

async function moveRows(client: pg.PoolClient, month: string, onMoved: () => void | Promise<void>): Promise<void> {
  const clinics = await client.query<{ no: number }>(sql`
    select distinct clinic_no as no from holdfast.slot
     where starts_at >= ${dayOf(month)}::date and starts_at < ${dayOf(month)}::date + interval '1 month' order by 1`)
  for (const { no } of clinics.rows) {
    for (;;) {
      if ((await moveSlots(client, no, month)) === 0) break
      await onMoved()
    }
  }
}

/** Some slots. A row that somebody holds locked is waited for a few times. @throws ArchiveRefused in_use, locked */
async function moveSlots(client: pg.PoolClient, clinicNo: number, month: string): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { rows } = await client.query<{ moved: number }>(sql`
        select holdfast.archive_slots(${clinicNo}, ${dayOf(month)}, now() - make_interval(days => ${quietDays}),
                                      ${slotsPerMove}) as moved`)
      return rows[0]?.moved ?? 0
    } catch (error) {
      const isInUse = error instanceof pg.DatabaseError && error.code === '55006'
      if (isInUse) throw new ArchiveRefused('in_use', `${month}: ${error.message}`)
      if (!isLockTimeout(error)) throw error
      if (attempt === lockTriesMax) {
        throw new ArchiveRefused('locked', `rows of ${month} stay locked; see pg_stat_activity`, { cause: error })
      }
      await delay(500)
    }
  }
}

async function* rowsOf(client: pg.PoolClient, month: string): AsyncGenerator<ArchivedLine> {
  for (let after = '0'; ; ) {
    const { rows } = await client.query<{ place: string; kind: ArchivedKind; clinicNo: number; row: string }>(sql`
      select r.place::text, r.kind, r.clinic_no as "clinicNo", r.row::text from holdfast.archived_row r
       where r.month = ${dayOf(month)} and r.place > ${after}::bigint order by r.place limit ${rowsPerPage}`)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.place
  }
}
