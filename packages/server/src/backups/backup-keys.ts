import type { BackupKeySettings } from '@holdfast/adapters/backup'
import type { Config } from '../config/config.ts'

type KeySettings = Pick<Config, 'backupRecipient' | 'backupIdentity' | 'backupPassphrase'>

/** The settings of the keys that encrypt and decrypt backups. */
export function backupKeys(config: KeySettings): BackupKeySettings {
  return {
    recipient: config.backupRecipient,
    identity: config.backupIdentity,
    passphrase: config.backupPassphrase,
  }
}
