import { randomBytes } from 'node:crypto'
import { access, chmod, constants, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { messageOf } from '@holdfast/vocabulary'
import { errorCode } from '../error-code.ts'
import { makeDirectory } from '../make-directory.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { type Account, accountName, canEnter, unprivilegedAccount } from './unprivileged-account.ts'

/** Where the database of a data directory is stored, and the account that runs it. */
export type ClusterHome = {
  /** The requested directory, absolute and without symbolic links. */
  dataDirectory: string
  /** Contains the cluster, its log and its sockets: the data directory, or one that the account can reach. */
  home: string
  /** PostgreSQL's own data directory. */
  clusterDirectory: string
  /** undefined: the account of this process. */
  account: Account | undefined
}

/** Used when root runs Holdfast and the unprivileged account can't enter the checkout. */
export const sharedDirectoryDefault = '/var/lib/holdfast'

/** A file in the data directory that contains the path of the database. */
const pointerName = 'database-location'
/** A file beside a database that is stored elsewhere, which contains the path of its data directory. */
const belongsToName = 'belongs-to'
/** Both are there before there is a database. */
export const homeFileNames = [pointerName, belongsToName]

/**
 * Decides where the database of a data directory is stored and creates the directories. Call it with the data
 * directory locked.
 *
 * Root can't run PostgreSQL, and the account that can often can't enter root's checkout (`/root` is 0700). The database
 * is then stored under `sharedDirectory`, and the data directory contains a pointer to it. Removing the data directory
 * still means starting with an empty database.
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
  // An empty directory of root's, as mkdtemp creates it, may be opened for traversal; one with content may not.
  if ((await readdir(dataDirectory)).every((name) => ownFileNames.has(name))) {
    await chmod(dataDirectory, 0o711)
    if (await canEnter(account, dataDirectory)) return clusterHome(dataDirectory)
  }
  const home = join(sharedDirectory, randomBytes(8).toString('hex'))
  await makeDirectory(home, 0o755)
  await writeFile(join(home, belongsToName), `${dataDirectory}\n`)
  await writeFile(join(dataDirectory, pointerName), `${home}\n`)
  log(`The account ${account.name}, which runs PostgreSQL, can't enter ${dataDirectory}: the database is in ${home}.`)
  return clusterHome(home)
}

/**
 * Where the existing database of a data directory is stored; undefined when there is none. Changes nothing.
 *
 * @throws EmbeddedPostgresError `data_missing`, `not_permitted`
 */
export async function findClusterHome(dataDirectory: string): Promise<ClusterHome | undefined> {
  const pointer = await readPath(dataDirectory, pointerName)
  const home = pointer ?? dataDirectory
  if (pointer !== undefined && (await statOf(pointer)) === undefined) {
    throw new EmbeddedPostgresError(
      'data_missing',
      `The database of ${dataDirectory} was stored in ${pointer}, which no longer exists. Restore it, or remove ` +
        `${join(dataDirectory, pointerName)} to start with an empty database.`,
    )
  }
  const clusterDirectory = join(home, 'postgres')
  const owner = await statOf(clusterDirectory)
  if (owner === undefined && pointer === undefined) return undefined
  const account = await unprivilegedAccount(owner)
  const uid = process.getuid?.()
  if (owner !== undefined && account === undefined && owner.uid !== uid) {
    // Root's PostgreSQL runs as another account: who created the database is the owner of the data directory.
    const creator = (await statOf(dataDirectory))?.uid ?? owner.uid
    throw await ownedByAnother(dataDirectory, creator === uid ? owner.uid : creator)
  }
  return { dataDirectory, home, clusterDirectory, account }
}

/**
 * Removes a data directory and its database, which must not be running. If the pointer names a directory that belongs
 * to another data directory, that one stays.
 *
 * @throws EmbeddedPostgresError `not_permitted`
 */
export async function removeEmbeddedDatabase(dataDirectory: string): Promise<void> {
  const pointer = await readPath(dataDirectory, pointerName)
  if (pointer !== undefined && (await readPath(pointer, belongsToName)) === (await realpath(dataDirectory))) {
    await rm(pointer, { recursive: true, force: true })
  }
  await rm(dataDirectory, { recursive: true, force: true })
}

/**
 * Creates the data directory if needed.
 *
 * @returns its path, absolute and without symbolic links, so that it is unique
 */
export async function makeDataDirectory(dataDirectory: string): Promise<string> {
  const path = resolve(dataDirectory)
  try {
    await makeDirectory(path, process.getuid?.() === 0 ? 0o711 : 0o700)
    return await realpath(path)
  } catch (error) {
    const reason = messageOf(error)
    throw new EmbeddedPostgresError(
      'data_directory_unusable',
      `Can't create the data directory ${path}: ${reason}. Set HOLDFAST_DATA to a directory that this user can write.`,
      { cause: error },
    )
  }
}

/**
 * Checks that this user can write into the data directory. Without that, a start would wait for a lock that it can't
 * take, or fail at its first file.
 *
 * @throws EmbeddedPostgresError `not_permitted`: it belongs to another user; `data_directory_unusable`
 */
export async function checkDataDirectory(dataDirectory: string): Promise<void> {
  try {
    await access(dataDirectory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const owner = await statOf(dataDirectory)
    if (errorCode(error) === 'EACCES' && owner !== undefined && owner.uid !== process.getuid?.()) {
      throw await ownedByAnother(dataDirectory, owner.uid)
    }
    throw new EmbeddedPostgresError(
      'data_directory_unusable',
      `Can't write into the data directory ${dataDirectory}: ${messageOf(error)}. ` +
        'Make it writable for this user, or set HOLDFAST_DATA to another directory.',
      { cause: error },
    )
  }
}

const ownFileNames = new Set(['lock', 'owner.json', 'owner-password'])

/** The path that a file contains; undefined: there is no such file. */
async function readPath(directory: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(join(directory, name), 'utf8')).trim()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw notPermitted(directory, error)
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

async function ownedByAnother(dataDirectory: string, uid: number): Promise<EmbeddedPostgresError> {
  const [owner, user] = await Promise.all([accountName(uid), accountName(process.getuid?.() ?? -1)])
  return new EmbeddedPostgresError(
    'not_permitted',
    `The data directory ${dataDirectory} belongs to ${owner}, and this user is ${user}. ` +
      `Run Holdfast as ${owner}, or set HOLDFAST_DATA to another directory.`,
  )
}

function notPermitted(path: string, error: unknown): unknown {
  if (errorCode(error) !== 'EACCES') return error
  return new EmbeddedPostgresError(
    'not_permitted',
    `This user can't read ${path}. Run Holdfast as the user who created it, or set HOLDFAST_DATA to another directory.`,
    { cause: error },
  )
}

function unreachable(found: ClusterHome): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'not_permitted',
    `The account ${found.account?.name ?? 'of this user'}, which runs PostgreSQL, can no longer enter ${found.home}. ` +
      'Make the directories above it traversable (chmod o+x), or move the data.',
  )
}
