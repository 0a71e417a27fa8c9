import { loadSealer } from '@holdfast/adapters/backup'
import { openObjectStore } from '@holdfast/adapters/object-store'

/**
 * Creates the key of a new directory of backups with little work. The passphrase's users then derive a key in a
 * millisecond, and not in a second and 256 MiB.
 */
export async function prepareBackupKey(place: string, passphrase: string): Promise<void> {
  const keys = { passphrase, recipient: null, identity: null, scryptWorkFactor: 10 }
  await loadSealer(openObjectStore(place, null), keys)
}
