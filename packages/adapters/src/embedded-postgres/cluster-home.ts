import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { errorCode } from './error-code.ts'
import { type Account, canEnter, unprivilegedAccount } from './unprivileged-account.ts'

/** Where the files of one data directory's database are, and who runs it. */
export type ClusterHome = {
  /** Absolute, without symbolic links: the directory that was asked for. */
  dataDirectory: string
  /** Holds the cluster, its log and its sockets: the data directory, or a place its account can reach. */
  home: string
  /** PostgreSQL's own data directory. */
  clusterDirectory: string
  /** Undefined: this process. */
  account: Account | undefined
}

/** Where root keeps what an unprivileged account must reach when it can't enter the checkout. */
export const sharedDirectoryDefault = '/var/lib/holdfast'

/** Says, in the data directory, where its database went. */
const pointerName = 'database-location'

/**
 * Decides where the database of a data directory lives, and makes the directories. Called under the data directory's lock.
 *
 * Root can't run PostgreSQL, and the account that can often can't enter root's checkout (`/root` is 0700). Then the
 * database lives under `sharedDirectory`, and the data directory keeps a pointer to it: removing the data
 * directory begins anew, as it does anywhere else.
 *
 * @throws EmbeddedPostgresError `data_missing`, `not_permitted`, `no_unprivileged_account`
 */
export async function prepareClusterHome(
  dataDirectory: string,
  sharedDirectory: string,
  log: (message: string) => void,
): Promise<ClusterHome> {
  const found = await findClusterHome(dataDirectory)
  if (found !== undefined) {
    if (!(await canEnter(found.account, found.home))) throw unreachable(found)
    return found
  }
  const account = await unprivilegedAccount(undefined)
  const clusterHome = (home: string): ClusterHome => ({
    dataDirectory,
    home,
    clusterDirectory: join(home, 'postgres'),
    account,
  })
  if (account === undefined) return clusterHome(dataDirectory)
  if (await canEnter(account, dataDirectory)) return clusterHome(dataDirectory)
  // A fresh directory of root's own, as mkdtemp makes them, may be opened for passing through; one with content may not.
  if ((await readdir(dataDirectory)).every((name) => ownFileNames.has(name))) {
    await chmod(dataDirectory, 0o711)
    if (await canEnter(account, dataDirectory)) return clusterHome(dataDirectory)
  }
  const home = join(sharedDirectory, randomBytes(8).toString('hex'))
  await mkdir(home, { recursive: true, mode: 0o755 })
  await writeFile(join(home, 'belongs-to'), `${dataDirectory}\n`)
  await writeFile(join(dataDirectory, pointerName), `${home}\n`)
  log(`The account ${account.name}, which runs PostgreSQL, can't enter ${dataDirectory}: the database is in ${home}.`)
  return clusterHome(home)
}

/**
 * Where the database of a data directory already lives; undefined when it has none yet. Changes nothing.
 *
 * @throws EmbeddedPostgresError `data_missing`, `not_permitted`
 */
export async function findClusterHome(dataDirectory: string): Promise<ClusterHome | undefined> {
  const pointer = await readPointer(dataDirectory)
  const home = pointer ?? dataDirectory
  if (pointer !== undefined && (await statOf(pointer)) === undefined) {
    throw new EmbeddedPostgresError(
      'data_missing',
      `The database of ${dataDirectory} was kept in ${pointer}, which is gone. Put it back, or remove ${join(dataDirectory, pointerName)} to begin with an empty one.`,
    )
  }
  const clusterDirectory = join(home, 'postgres')
  const owner = await statOf(clusterDirectory)
  if (owner === undefined && pointer === undefined) return undefined
  const account = await unprivilegedAccount(owner)
  const uid = process.getuid?.()
  if (owner !== undefined && account === undefined && owner.uid !== uid) {
    throw new EmbeddedPostgresError(
      'not_permitted',
      `The database in ${clusterDirectory} belongs to account ${owner.uid}, and this is account ${uid}. Run Holdfast as the user who made it, or set HOLDFAST_DATA to another directory.`,
    )
  }
  return { dataDirectory, home, clusterDirectory, account }
}

/** Makes the data directory if need be. The answer is absolute and has no symbolic links, so it names one place only once. */
export async function makeDataDirectory(dataDirectory: string): Promise<string> {
  const path = resolve(dataDirectory)
  try {
    await mkdir(path, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
    return await realpath(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new EmbeddedPostgresError(
      'data_directory_unusable',
      `Can't make the data directory ${path}: ${reason}. Set HOLDFAST_DATA to a directory this user may write.`,
      { cause: error },
    )
  }
}

const ownFileNames = new Set(['lock', 'owner.json', 'owner-password'])

async function readPointer(dataDirectory: string): Promise<string | undefined> {
  try {
    return (await readFile(join(dataDirectory, pointerName), 'utf8')).trim()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw notPermitted(dataDirectory, error)
  }
}

async function statOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const { uid, gid } = await stat(path)
    return { uid, gid }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw notPermitted(path, error)
  }
}

function notPermitted(path: string, error: unknown): unknown {
  if (errorCode(error) !== 'EACCES') return error
  return new EmbeddedPostgresError(
    'not_permitted',
    `This user may not read ${path}. Run Holdfast as the user who made it, or set HOLDFAST_DATA to another directory.`,
    { cause: error },
  )
}

function unreachable(found: ClusterHome): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'not_permitted',
    `The account ${found.account?.name ?? 'of this user'}, which runs PostgreSQL, can no longer enter ${found.home}. Let it pass (chmod o+x on the directories above), or move the data.`,
  )
}
