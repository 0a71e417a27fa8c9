import { randomBytes } from 'node:crypto'
import {
  constants,
  copyFile,
  link,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { makeDirectory } from '../make-directory.ts'
import { type ObjectStore, ObjectStoreError, type StoredObject } from './object-store.ts'

/** Marks a file that is being written. It is never listed. */
const draftPrefix = '.writing-'

/** Objects as files of a directory, which is created with the first of them. Only this user may read them. */
export function directoryStore(directory: string): ObjectStore {
  const pathOf = (key: string) => join(directory, ...key.split('/'))
  return {
    name: directory,
    put: (key, body) => explained(directory, () => writeDurably(pathOf(key), body, rename)),
    putIfAbsent: (key, body) =>
      explained(directory, async () => {
        try {
          await writeDurably(pathOf(key), body, linkOrCopy)
          return true
        } catch (error) {
          if (codeOf(error) === 'EEXIST' && (await isFile(pathOf(key)))) return false
          throw error
        }
      }),
    get: (key) => explained(directory, () => ignoreMissing(readFile(pathOf(key)))),
    list: (prefix) => explained(directory, () => listFiles(directory, prefix)),
    remove: (keys) =>
      explained(directory, async () => {
        for (const key of keys) await rm(pathOf(key), { force: true })
        for (const folder of new Set(keys.map((key) => dirname(pathOf(key))))) await removeIfEmpty(folder, directory)
      }),
  }
}

/** @param publish gives the complete draft its name */
async function writeDurably(
  path: string,
  body: Uint8Array,
  publish: (draft: string, path: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(path)
  await makeDirectory(folder, 0o700)
  const draft = join(folder, `${draftPrefix}${randomBytes(6).toString('hex')}`)
  try {
    await writeFile(draft, body, { mode: 0o600, flush: true })
    await publish(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** File systems without hard links. */
const linklessCodes = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** Fails with EEXIST if there is such a file. */
async function linkOrCopy(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path)
  } catch (error) {
    if (!linklessCodes.has(codeOf(error) ?? '')) throw error
    await copyFile(draft, path, constants.COPYFILE_EXCL)
    const copy = await open(path)
    await copy.sync().finally(() => copy.close())
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await ignoreMissing(stat(path)))?.isFile() ?? false
}

async function listFiles(directory: string, prefix: string): Promise<StoredObject[]> {
  // Only the folder that the prefix names: a store may have thousands of files in others.
  const folder = join(directory, ...prefix.split('/').slice(0, -1))
  const entries = (await ignoreMissing(readdir(folder, { recursive: true, withFileTypes: true }))) ?? []
  const found: StoredObject[] = []
  for (const entry of entries) {
    if (!entry.isFile() || entry.name.startsWith(draftPrefix)) continue
    const path = join(entry.parentPath, entry.name)
    const key = relative(directory, path).split(sep).join('/')
    const details = key.startsWith(prefix) ? await ignoreMissing(stat(path)) : null
    if (details !== null) found.push({ key, bytes: details.size })
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1))
}

async function removeIfEmpty(folder: string, root: string): Promise<void> {
  if (folder === root || relative(root, folder).startsWith('..')) return
  try {
    await rmdir(folder)
  } catch {
    return
  }
  await removeIfEmpty(dirname(folder), root)
}

async function ignoreMissing<Result>(result: Promise<Result>): Promise<Result | null> {
  try {
    return await result
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

async function explained<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined || error instanceof ObjectStoreError) throw error
    const options = { cause: error }
    if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) {
      throw new ObjectStoreError('full', `There is no space left in ${directory} (${code}): free some.`, options)
    }
    if (code === 'EROFS') {
      const how = `under systemd, the service needs ReadWritePaths=${directory} (docs/operations/back-up.md)`
      throw new ObjectStoreError(
        'denied',
        `This user may not use ${directory} (${code}): make it writable; ${how}.`,
        options,
      )
    }
    if (['EACCES', 'EPERM'].includes(code)) {
      throw new ObjectStoreError('denied', `This user may not use ${directory} (${code}): make it writable.`, options)
    }
    if (['ENOTDIR', 'EEXIST', 'EISDIR'].includes(code)) {
      throw new ObjectStoreError('invalid', `${directory} cannot be used as a directory (${code}).`, options)
    }
    throw new ObjectStoreError('unreachable', `${directory} cannot be used: ${String(error)}`, options)
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
