import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import type { ObjectStore } from '../object-store/object-store.ts'
import { type Authenticator, authenticatorOf } from './authenticator.ts'
import { BackupError } from './backup-error.ts'
import { backupFolders } from './backup-folders.ts'
import { encryptAge } from './encrypt-age.ts'

/** How backups are encrypted and decrypted. Each may be absent; a recipient goes before a passphrase. */
export type BackupKeySettings = {
  /** `age1…`: encrypts, and can't decrypt. */
  recipient: string | null
  /** `AGE-SECRET-KEY-1…`: decrypts what was encrypted for its recipient. */
  identity: string | null
  /** Protects an identity that is stored with the backups. */
  passphrase: string | null
  /** log₂ of the work to derive a key from the passphrase. Default: that of age, a second. Only tests set it. */
  scryptWorkFactor?: number
}

/** Encrypts in the age format (https://age-encryption.org/v1). */
export type Sealer = {
  recipient: string
  /** null: there is only a recipient, and so no secret to sign with. */
  authenticator: Authenticator | null
  seal(plain: Uint8Array): Promise<Uint8Array>
  /**
   * Checks that what is encrypted can be decrypted with what is stored.
   *
   * @throws BackupError `no_key`: the identity is gone; `wrong_key`: another one is stored, so open another sealer
   */
  confirm(): Promise<void>
}

export type Opener = {
  /** null: what it decrypts is not signed. */
  authenticator: Authenticator | null
  /** @throws BackupError `damaged` */
  open(sealed: Uint8Array): Promise<Uint8Array>
}

/**
 * An identity, encrypted with the passphrase. Deriving a key from a passphrase takes a second by design, so objects are
 * encrypted for this identity instead.
 */
const keyName = 'key.age'

/**
 * If a passphrase is set, reads the key from the store, or creates it in an empty one.
 *
 * @throws BackupError `no_key`, `wrong_key`
 */
export async function loadSealer(store: ObjectStore, settings: BackupKeySettings): Promise<Sealer> {
  const { recipient, passphrase, scryptWorkFactor } = settings
  if (recipient !== null) return sealerFor(recipient, null, async () => undefined)
  if (passphrase === null) {
    throw new BackupError(
      'no_key',
      'Backups are encrypted: set HOLDFAST_BACKUP_PASSPHRASE, or HOLDFAST_BACKUP_RECIPIENT to the public key of an ' +
        'age identity.',
    )
  }
  const stored =
    (await storedIdentity(store, passphrase)) ?? (await createIdentity(store, passphrase, scryptWorkFactor))
  const own = await identityToRecipient(stored.identity)
  return sealerFor(own, authenticatorOf(stored.identity), async () => {
    const sealed = await store.get(keyName)
    // Deriving the key again would take a second each time.
    if (sealed?.equals(stored.sealed)) return
    if (sealed === null) throw (await hasBackups(store)) ? lostIdentity(store) : emptied(store)
    const other = await identityToRecipient(await openIdentity(store, sealed, passphrase))
    if (other === own) return
    throw new BackupError(
      'wrong_key',
      `${keyName} in ${store.name} was replaced: this process encrypts for ${own}, and it is the key of ${other}.`,
    )
  })
}

function sealerFor(recipient: string, authenticator: Authenticator | null, confirm: () => Promise<void>): Sealer {
  return { recipient, authenticator, seal: (plain) => encryptAge(recipient, plain), confirm }
}

/** An identity, and the object that has it. */
type StoredIdentity = { identity: string; sealed: Buffer }

async function createIdentity(
  store: ObjectStore,
  passphrase: string,
  scryptWorkFactor: number | undefined,
): Promise<StoredIdentity> {
  if (await hasBackups(store)) {
    // Another process may have created the identity, and begun, since it was looked for.
    const stored = await storedIdentity(store, passphrase)
    if (stored === null) throw lostIdentity(store)
    return stored
  }
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  if (scryptWorkFactor !== undefined) encrypter.setScryptWorkFactor(scryptWorkFactor)
  const identity = await generateX25519Identity()
  const sealed = Buffer.from(await encrypter.encrypt(identity))
  // Decrypting what was stored would take as long again.
  if (await store.putIfAbsent(keyName, sealed)) return { sealed, identity }
  // Another process was first: the identity that is stored is used.
  const stored = await storedIdentity(store, passphrase)
  if (stored === null) throw new BackupError('damaged', `${store.name} has lost ${keyName}, which was just written.`)
  return stored
}

async function hasBackups(store: ObjectStore): Promise<boolean> {
  for (const folder of Object.values(backupFolders)) if ((await store.list(folder)).length > 0) return true
  return false
}

/** A new identity could not decrypt the backups that are there. */
function lostIdentity(store: ObjectStore): BackupError {
  return new BackupError(
    'no_key',
    `${store.name} has backups, but not ${keyName}, which decrypts those made with HOLDFAST_BACKUP_PASSPHRASE. ` +
      'Put the file back, or use another place for new backups.',
  )
}

function emptied(store: ObjectStore): BackupError {
  return new BackupError(
    'no_key',
    `${store.name} is empty: another disk may be mounted there, or is no longer mounted. Backups begin again there, ` +
      'with a new copy.',
  )
}

async function storedIdentity(store: ObjectStore, passphrase: string): Promise<StoredIdentity | null> {
  const sealed = await store.get(keyName)
  return sealed === null ? null : { sealed, identity: await openIdentity(store, sealed, passphrase) }
}

function openIdentity(store: ObjectStore, sealed: Uint8Array, passphrase: string): Promise<string> {
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase)
  return decrypter.decrypt(sealed, 'text').catch((error: unknown) => {
    const options = { cause: error }
    if (!isWrongKey(error)) throw new BackupError('damaged', `${keyName} in ${store.name} is damaged.`, options)
    throw new BackupError(
      'wrong_key',
      `HOLDFAST_BACKUP_PASSPHRASE is not the passphrase of the backups in ${store.name}. If that is lost, use ` +
        'another place for new backups.',
      options,
    )
  })
}

/** A private key. Everything that is encrypted for the identity of `key.age` is signed too. */
export type ReadingKey = { identity: string; recipient: string; authenticator: Authenticator | null }

/**
 * The private keys of these settings; null: they have none.
 *
 * @throws BackupError `wrong_key`, `damaged`
 */
export async function loadReadingKeys(store: ObjectStore, settings: BackupKeySettings): Promise<ReadingKey[] | null> {
  const { identity, passphrase } = settings
  if (identity === null && passphrase === null) return null
  const keys: ReadingKey[] = []
  const stored = passphrase === null ? null : await storedIdentity(store, passphrase)
  if (stored !== null) {
    const recipient = await identityToRecipient(stored.identity)
    keys.push({ identity: stored.identity, recipient, authenticator: authenticatorOf(stored.identity) })
  }
  if (identity !== null && identity !== stored?.identity) {
    keys.push({ identity, recipient: await identityToRecipient(identity), authenticator: null })
  }
  return keys
}

/**
 * What decrypts objects that were encrypted for `recipient`.
 *
 * @throws BackupError `no_key`, `wrong_key`
 */
export async function loadOpener(store: ObjectStore, settings: BackupKeySettings, recipient: string): Promise<Opener> {
  const keys = (await loadReadingKeys(store, settings)) ?? []
  if (keys.length === 0) {
    if (settings.passphrase !== null) throw lostIdentity(store)
    throw new BackupError(
      'no_key',
      `The backup is encrypted for ${recipient}: set HOLDFAST_BACKUP_PASSPHRASE, or HOLDFAST_BACKUP_IDENTITY to the ` +
        'private key.',
    )
  }
  const key = keys.find((one) => one.recipient === recipient)
  if (key === undefined) {
    throw new BackupError(
      'wrong_key',
      `The backup is encrypted for ${recipient}, and the key is that of ${keys.map((one) => one.recipient)}.`,
    )
  }
  const decrypter = new Decrypter()
  decrypter.addIdentity(key.identity)
  return {
    authenticator: key.authenticator,
    open: (sealed) =>
      decrypter.decrypt(sealed).catch((error: unknown) => {
        throw new BackupError('damaged', 'An object of the backup can’t be decrypted: it is damaged.', { cause: error })
      }),
  }
}

/** age-encryption has no error classes. */
function isWrongKey(error: unknown): boolean {
  return error instanceof Error && error.message.includes('no identity matched')
}
