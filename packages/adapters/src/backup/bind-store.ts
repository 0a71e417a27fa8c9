import type { ObjectStore } from '../object-store/object-store.ts'
import { BackupError } from './backup-error.ts'

const key = 'holdfast-backups.json'

/**
 * Binds a store to one installation: the first one that uses the store is recorded in it, and others are refused. Two
 * installations in one store would delete each other's backups when retention ends.
 *
 * @throws BackupError `other_installation`
 */
export async function bindStore(store: ObjectStore, installation: string): Promise<void> {
  let text = await store.get(key)
  if (text === null) {
    // Another installation may do the same at this moment: the owner is the one that is stored.
    await store.putIfAbsent(key, Buffer.from(`${JSON.stringify({ installation })}\n`))
    text = await store.get(key)
  }
  if (text === null) throw new BackupError('damaged', `${store.name} has lost ${key}, which was just written.`)
  const owner = (JSON.parse(text.toString()) as { installation?: string }).installation
  if (owner === installation) return
  throw new BackupError(
    'other_installation',
    `${store.name} has the backups of another installation (database server ${owner}, and this is ${installation}): ` +
      'set another directory or bucket.',
  )
}
