// The options of V8 for `holdfast`. Run as a program, it prints them, for the launcher of a release (bin/holdfast).
import { totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

/**
 * One V8 worker thread instead of four, which compete with the database for the cores: 82 → 68 µs of server CPU per
 * booking. A young generation of 64 MiB instead of 16, if there is enough memory: the objects of a request that waits
 * for its batch are copied at each young collection, which took about 10 % of the server's CPU.
 */
export function v8Options() {
  const memoryBytes = Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem())
  return ['--v8-pool-size=1', ...(memoryBytes >= 2 * 2 ** 30 ? ['--max-semi-space-size=64'] : [])]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(v8Options().join(' '))
