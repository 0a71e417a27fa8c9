import { loadSealer } from '../src/backup/index.ts'
import type { ObjectStore } from '../src/object-store/index.ts'
import { keys, openDirectory } from './backed-up-cluster.ts'

/**
 * A process that opens the sealer of a directory. It reports `missing` when it has found no identity there, and goes on
 * when it receives a message; then it reports the recipient for which it encrypts.
 */
const store = openDirectory(process.argv[2] ?? '')
let isFirst = true
const waiting: ObjectStore = {
  ...store,
  async get(key) {
    const found = await store.get(key)
    if (isFirst) {
      isFirst = false
      const resumed = new Promise((resolve) => process.once('message', resolve))
      process.send?.(found === null ? 'missing' : 'found')
      await resumed
    }
    return found
  },
}
const { recipient } = await loadSealer(waiting, keys)
process.send?.(recipient)
process.disconnect?.()
