import pg from 'pg'
import sql from 'sql-template-tag'

/** The first database of an installation, which has the accounts, and knows which database has which clinic. */
export const directoryNo = 0

/** A database that is not the one that a name of HOLDFAST_SHARDS has to lead to. The message says what was found. */
export class ShardRefused extends Error {
  override name = 'ShardRefused'
}

/** Which database of an installation one is: the installation's id, and {@link directoryNo} or another number. */
export type ShardMark = { installation: string; no: number }

/** The setting in `holdfast.setting` of the directory: the id of the installation. */
export const installationSetting = 'installation'
/** The same of a shard: the id of its installation, and its number in it, with a space between. */
export const shardSetting = 'shard'

type Queryable = Pick<pg.ClientBase, 'query'>

const undefinedTable = '42P01'

/**
 * Which database one is by what is stored in itself, whatever URL leads there. It need not be migrated.
 *
 * @param database as the owner
 * @returns null: it is of no installation with several databases
 */
export async function readMark(database: Queryable): Promise<ShardMark | null> {
  try {
    const { rows } = await database.query<ShardMark>(sql`
      select split_part(value, ' ', 1) as installation,
             coalesce(nullif(split_part(value, ' ', 2), '')::integer, ${directoryNo}) as no
        from holdfast.setting where name in (${installationSetting}, ${shardSetting}) order by no desc limit 1`)
    return rows[0] ?? null
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === undefinedTable) return null
    throw error
  }
}

/**
 * A database of an installation, as the settings call it, and what its mark has to be; null: it has to have none.
 * `nameOf`: the name of another database of the installation, for a message.
 */
export type ExpectedShard = {
  name: string
  mark: ShardMark | null
  nameOf?: (mark: ShardMark) => string | undefined
}

/**
 * Checks on an open connection that a URL leads to the database that the directory has registered under its name.
 *
 * @param database as the owner
 * @throws ShardRefused names the database, what was expected and what was found
 */
export async function checkMark(database: Queryable, expected: ExpectedShard): Promise<void> {
  const { mark } = expected
  const found = await readMark(database)
  if (found?.installation === mark?.installation && found?.no === mark?.no) return
  throw otherDatabase(expected, found)
}

export function otherDatabase({ name, mark, nameOf }: ExpectedShard, found: ShardMark | null): ShardRefused {
  const setting = mark?.no === directoryNo ? 'DATABASE_URL' : `the URL of ${name} in HOLDFAST_SHARDS`
  const expected = mark === null ? 'a database of no installation, as the name is new' : describe(mark)
  const foundName = found === null ? undefined : nameOf?.(found)
  const named = foundName === undefined ? '' : `, ${foundName}`
  return new ShardRefused(`${setting} has to lead to ${expected}, and leads to ${describe(found)}${named}`)
}

function describe(mark: ShardMark | null): string {
  if (mark === null) return 'a database of no installation'
  const which = mark.no === directoryNo ? 'the directory' : `the database ${mark.no}`
  return `${which} of the installation ${mark.installation}`
}
