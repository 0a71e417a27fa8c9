import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto'
import { type KeyPurpose, versionedKeys } from './purpose-keys.ts'

/** Encrypts texts that are stored, so that a copy of the database does not reveal them. */
export type SealedTexts = {
  seal(text: string): Promise<string>
  /** null: the secret that it was sealed with is no longer configured. */
  open(sealed: string): Promise<string | null>
}

/** The first secret seals; every secret opens what it has sealed. The cipher is that of the accounts library. */
export function createSealedTexts(secrets: readonly string[], purpose: KeyPurpose): SealedTexts {
  const keys = versionedKeys(secrets, purpose)
  const [newest] = keys
  if (newest === undefined) throw new Error('Sealed texts need a secret.')
  const key = { keys: new Map(keys.map(({ version, value }) => [version, value])), currentVersion: newest.version }
  return {
    seal: (data) => symmetricEncrypt({ key, data }),
    open: (data) => symmetricDecrypt({ key, data }).catch(() => null),
  }
}
