import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode } from './error-code.ts'

/**
 * Creates a directory and those above it, all with this mode. Not by Node's `recursive`, which never ends where the
 * system says that an existing directory does not exist, as in /proc.
 *
 * @throws the system's error; EEXIST if something else has this name
 */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode })
  } catch (error) {
    const code = errorCode(error)
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return
    if (code !== 'ENOENT') throw error
    if (!(await exists(dirname(path)))) await makeDirectory(dirname(path), mode)
    // Another process may have created the directory above, or this one, meanwhile. In /proc it fails again.
    await mkdir(path, { mode }).catch(async (second) => {
      if (errorCode(second) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw second
    })
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
