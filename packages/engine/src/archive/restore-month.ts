import type pg from 'pg'
import sql from 'sql-template-tag'
import { type ArchivedLine, type ArchiveSummary, readArchiveFile } from './archive-file.ts'
import { ArchiveRefused } from './archive-refused.ts'
import {
  type ArchivedMonth,
  archivedMonth,
  dayOf,
  deleteArchivedRows,
  inArchiveSession,
  moveRowsBack,
  schemaOf,
} from './archive-session.ts'

const linesPerLoad = 1_000

export type RestoreStep = 'checked' | 'loading' | 'loaded' | 'moved' | 'restored'

/**
 * Puts an archived month back from its file, row for row. The file is checked first. After a crash, a repetition
 * finishes the work.
 *
 * @throws ArchiveRefused; and an error of the file system
 */
export function restoreMonth(
  pool: pg.Pool,
  path: string,
  onStep: (step: RestoreStep) => void = () => undefined,
): Promise<ArchiveSummary> {
  return inArchiveSession(pool, async (client) => {
    const summary = await readArchiveFile(path)
    const { month, schema } = summary.header
    await requireSchema(client, path, schema)
    const archived = requireArchived(path, summary, await archivedMonth(client, month))
    onStep('checked')
    if (archived.state !== 'restoring') {
      await setState(client, month, 'loading')
      await deleteArchivedRows(client, month)
      onStep('loading')
      await load(client, path, summary)
      await setState(client, month, 'restoring')
    }
    onStep('loaded')
    await moveRowsBack(client, month, () => onStep('moved'))
    onStep('restored')
    return summary
  })
}

async function requireSchema(
  client: pg.PoolClient,
  path: string,
  schema: { version: number; name: string },
): Promise<void> {
  const own = await schemaOf(client)
  if (schema.version <= own.version) return
  throw new ArchiveRefused(
    'newer_schema',
    `${path} was written by a newer release (schema ${schema.name}); this database has ${own.name}: upgrade first`,
  )
}

function requireArchived(path: string, { header, checksum }: ArchiveSummary, archived: ArchivedMonth | null) {
  if (archived === null) {
    const message = `${header.month} is not archived in this database: its rows are there, or it is another database`
    throw new ArchiveRefused('not_archived_here', message)
  }
  if (archived.state === 'moving') {
    throw new ArchiveRefused('being_archived', `${header.month} is being archived: finish \`holdfast archive\` first`)
  }
  if (archived.checksum === null || !checksum.equals(archived.checksum)) {
    throw new ArchiveRefused('another_archive', `${path} is not the file that this database was archived to`)
  }
  return archived
}

async function setState(client: pg.PoolClient, month: string, state: ArchivedMonth['state']): Promise<void> {
  await client.query(sql`update holdfast.archived_month set state = ${state} where month = ${dayOf(month)}`)
}

async function load(client: pg.PoolClient, path: string, checked: ArchiveSummary): Promise<void> {
  const { month } = checked.header
  let waiting: ArchivedLine[] = []
  const insert = async () => {
    await client.query(sql`
      insert into holdfast.archived_row (clinic_no, month, kind, row)
      select l.clinic_no, ${dayOf(month)}::date, l.kind, l.row
        from unnest(${waiting.map(({ clinicNo }) => clinicNo)}::integer[], ${waiting.map(({ kind }) => kind)}::text[],
                    ${waiting.map(({ row }) => row)}::jsonb[]) with ordinality l(clinic_no, kind, row, n)
       order by l.n`)
    waiting = []
  }
  const read = await readArchiveFile(path, async (line) => {
    waiting.push(line)
    if (waiting.length >= linesPerLoad) await insert()
  })
  if (waiting.length > 0) await insert()
  if (!read.checksum.equals(checked.checksum)) throw new ArchiveRefused('damaged', `${path} has changed meanwhile`)
}
