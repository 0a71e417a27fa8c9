import { directoryNo, isShard, registeredShardNo, shardAsDirectory } from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { columns } from '../terminal.ts'
import { type NamedDatabase, withAllDatabases } from '../with-all-databases.ts'

/** `after`: the number of the last clinic of the page before. */
export type ListClinicsOptions = JsonOption & { after: number }

const listedMax = 1_000

/**
 * A clinic, and a database that has it. `inUse`: whether the directory notes it there; after a restore, another
 * database may have an old copy. `id` and `name` are null if the database cannot be read.
 */
type ListedClinic = { no: number; id: string | null; name: string | null; database: string; inUse: boolean }

/**
 * `holdfast shards clinics`: lists the clinics of all databases by their numbers, 1,000 at most. Exits with 1 if a
 * database cannot be read: of its clinics, it lists those that the directory notes there.
 */
export async function listClinicsCommand(context: CommandContext, options: ListClinicsOptions): Promise<ExitCode> {
  return withAllDatabases(context, 'shards clinics', async (directory, others) => {
    if (await isShard(directory.pool)) throw new CommandRefusal(shardAsDirectory)
    const noted = await readNotes(directory, options.after)
    const found: ListedClinic[] = []
    const unread: string[] = []
    for (const database of [directory, ...others]) {
      const no = database === directory ? directoryNo : await registeredShardNo(directory.pool, database.name)
      const isNoted = (clinicNo: number) => (noted.get(clinicNo) ?? directoryNo) === no
      try {
        for (const clinic of await readClinics(database, options.after)) {
          found.push({ ...clinic, database: database.name, inUse: isNoted(clinic.no) })
        }
      } catch (error) {
        unread.push(database.name)
        context.terminal.note(`The database ${database.name} cannot be read: ${messageOf(error)}`)
        for (const clinicNo of noted.keys()) {
          if (isNoted(clinicNo))
            found.push({ no: clinicNo, id: null, name: null, database: database.name, inUse: true })
        }
      }
    }
    found.sort((one, other) => one.no - other.no)
    const clinics = found.slice(0, listedMax)
    const last = clinics.at(-1)?.no
    const more = found.length > listedMax && last !== undefined ? last : null
    if (options.json === true) context.terminal.json({ clinics, unread, more })
    else print(context, clinics, more)
    return unread.length > 0 ? 1 : 0
  })
}

/** Where the directory notes the next clinics. One that was not created after all is noted, too. */
async function readNotes({ pool }: NamedDatabase, after: number): Promise<Map<number, number>> {
  const { rows } = await pool.query<{ clinicNo: number; shardNo: number }>(sql`
    select clinic_no as "clinicNo", shard_no as "shardNo" from holdfast.clinic_shard
     where clinic_no > ${after} order by clinic_no limit ${listedMax + 1}`)
  return new Map(rows.map(({ clinicNo, shardNo }) => [clinicNo, shardNo]))
}

async function readClinics({ pool }: NamedDatabase, after: number) {
  const { rows } = await pool.query<{ no: number; id: string; name: string }>(sql`
    select no, id, name from holdfast.clinic where no > ${after} order by no limit ${listedMax + 1}`)
  return rows
}

function print({ terminal }: CommandContext, clinics: readonly ListedClinic[], more: number | null): void {
  const rows = clinics.map(({ no, id, name, database, inUse }) => [
    String(no),
    id ?? '–',
    inUse ? database : `${database} (not in use)`,
    name ?? '–',
  ])
  for (const line of columns([['number', 'id', 'database', 'name'], ...rows], '')) terminal.out(line)
  if (more !== null) terminal.out(`There are more: go on with --after ${more}`)
}
