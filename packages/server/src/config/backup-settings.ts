import { optionalSetting, secretSetting, setting } from './setting.ts'
import * as kinds from './setting-kinds.ts'

/** Where backups go, how they are encrypted, and how often they are taken. */
export const backupSettings = {
  backupTo: optionalSetting(
    'HOLDFAST_BACKUP_TO',
    'there are none',
    'Directory or s3://bucket/prefix for continuous backups, which the process that runs the jobs takes.',
    kinds.backupPlace,
  ),
  s3Url: secretSetting(
    'S3_URL',
    's3:// places can’t be used',
    'The S3-compatible service of s3:// places, with its credentials.',
    kinds.s3Url,
  ),
  backupPassphrase: secretSetting(
    'HOLDFAST_BACKUP_PASSPHRASE',
    'HOLDFAST_BACKUP_RECIPIENT has to be set',
    'Encrypts and decrypts backups. Without it they can’t be restored: store it in another place too.',
    kinds.textOfLength(12, 256),
  ),
  backupRecipient: optionalSetting(
    'HOLDFAST_BACKUP_RECIPIENT',
    'HOLDFAST_BACKUP_PASSPHRASE is used',
    'Public key of an age identity for which backups are encrypted, so that this server can’t read them.',
    kinds.ageRecipient,
  ),
  backupIdentity: secretSetting(
    'HOLDFAST_BACKUP_IDENTITY',
    'HOLDFAST_BACKUP_PASSPHRASE is used',
    'The private key of HOLDFAST_BACKUP_RECIPIENT. Only a restore needs it.',
    kinds.ageIdentity,
  ),
  backupSeconds: setting(
    'HOLDFAST_BACKUP_SECONDS',
    '60',
    'How often changes are stored: about so many seconds of bookings are missing when a machine is lost.',
    kinds.wholeNumber(1, 3600),
  ),
  backupHours: setting(
    'HOLDFAST_BACKUP_HOURS',
    '24',
    'After how many hours the whole database is copied again. A restore replays what was written since the copy.',
    kinds.wholeNumber(1, 720),
  ),
  backupMegabytesPerSecond: setting(
    'HOLDFAST_BACKUP_MB_PER_SECOND',
    '8',
    'How many megabytes of the database are copied a second, so that bookings hardly become slower. More if a copy ' +
      'would take more than an hour, and after a copy that failed.',
    kinds.wholeNumber(1, 1024),
  ),
  backupDays: setting(
    'HOLDFAST_BACKUP_DAYS',
    '30',
    'For how many days any moment can be restored. Older backups are removed.',
    kinds.wholeNumber(1, 3650),
  ),
  restoreTestDirectory: optionalSetting(
    'HOLDFAST_RESTORE_TEST_IN',
    'backups are not tested',
    'Directory in which the newest backup is restored and verified once a month, and then removed. The log and ' +
      '`holdfast backups` report it.',
    kinds.directory,
  ),
}
