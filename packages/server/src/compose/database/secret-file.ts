import { randomBytes, randomUUID } from 'node:crypto'
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { StartError } from '../../lifecycle/start-error.ts'

const lengthMin = 32
const onlyOwner = 0o600
const forOthers = 0o077

/**
 * The server's secret in a file that only its owner may read, created with `initial` or 256 random bits if it is
 * missing. Processes that start at once get the same.
 *
 * @throws StartError if it cannot be read or created, or if other users of the machine may read it
 */
export async function secretFromFile(path: string, initial: string | null): Promise<string> {
  const secret = (await readOrCreate(path, initial)) ?? (await readOrCreate(path, initial))
  if (secret !== null) return secret
  throw new StartError(
    `${path} exists and cannot be read, like a symbolic link to a missing file. Restore the file with the server's ` +
      'secret, or remove the link.',
  )
}

/** null: it was created, by this process or another, and has to be read. */
async function readOrCreate(path: string, initial: string | null): Promise<string | null> {
  try {
    const found = await readSecret(path)
    if (found !== null) return found
    // The link appears with the whole text in it, or not at all if another process was first.
    const draft = `${path}.${randomUUID()}`
    await writeFile(draft, `${initial ?? randomBytes(32).toString('base64url')}\n`, { mode: onlyOwner, flush: true })
    await link(draft, path).catch(ignoreIfExists)
    await rm(draft)
  } catch (error) {
    throw explained(
      error,
      `The server's secret can't be stored in ${path}`,
      'Make its directory writable for this user',
    )
  }
  return null
}

/** The secret in the file; null: there is no file. @throws StartError for a file that may not be used */
export async function readSecret(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return null
    throw explained(error, `The server's secret can't be read from ${path}`, 'Make the file readable for this user')
  })
  if (text === null) return null
  if (((await stat(path)).mode & forOthers) !== 0) {
    throw new StartError(`Other users of this machine can read the server's secret: run chmod 600 ${path}`)
  }
  const secret = text.trim()
  if (secret.length >= lengthMin) return secret
  throw new StartError(`The file ${path} has no secret of at least ${lengthMin} characters. Restore it from a backup.`)
}

/** A failed call of the file system, as a StartError. Other errors are returned as they are. */
function explained(error: unknown, what: string, fix: string): unknown {
  if (!isSystemError(error)) return error
  const other = 'or set HOLDFAST_SECRET_FILE to another file, or HOLDFAST_SECRET to the secret.'
  return new StartError(`${what} (${error.code}). ${fix}, ${other}`)
}

function ignoreIfExists(error: unknown): void {
  if (!(isSystemError(error) && error.code === 'EEXIST')) throw error
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
