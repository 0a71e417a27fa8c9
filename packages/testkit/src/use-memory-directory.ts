import { readFileSync, statfsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { freemem } from 'node:os'
import { join } from 'node:path'

const shared = '/dev/shm'

/** Four workers use 0.6 GB. */
const bytesMin = 4 * 1024 ** 3

/**
 * Runs once, before all else of the tests: puts temporary files into memory where Linux has room for them, unless
 * TMPDIR is set. Each test database is 600 files. On ext4, creating them took a third of the tests' processor time,
 * because it passes over the inodes of files that were deleted in the last seconds.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.TMPDIR !== undefined || !hasMemoryDirectory()) return undefined
  const directory = await mkdtemp(join(shared, 'hf-'))
  // The mode is that of /tmp, because tests also start programs as other accounts.
  await chmod(directory, 0o1777)
  process.env.TMPDIR = directory
  // A process that a test killed may still be writing.
  return () => rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}

/** In some containers it has 64 MB, or no program may be started from it, as some tests do. */
function hasMemoryDirectory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(shared)
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, path]) => path === shared)
    const isExecutable = mount?.[2] === 'tmpfs' && !mount[3]?.split(',').includes('noexec')
    return isExecutable && Math.min(bavail * bsize, freemem()) > bytesMin
  } catch {
    return false
  }
}
