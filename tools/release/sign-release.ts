import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const howToCreate = 'openssl genpkey -algorithm ed25519 -aes256 -out KEYFILE'

/**
 * The maintainers' key, with which releases are signed.
 *
 * @param passphrase of a key that is protected by one
 * @throws Error if it can't be read or decrypted, or is not an Ed25519 key
 */
export function readSigningKey(keyFile: string, passphrase: string | undefined): KeyObject {
  const key = readPrivateKey(keyFile, passphrase)
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(
      `${keyFile} is a key of the type ${key.asymmetricKeyType}. Releases are signed with Ed25519: ${howToCreate}`,
    )
  }
  return key
}

function readPrivateKey(keyFile: string, passphrase: string | undefined): KeyObject {
  const pem = readFileSync(keyFile)
  try {
    return createPrivateKey({ key: pem, passphrase })
  } catch (error) {
    const isProtected = pem.includes('ENCRYPTED')
    if (isProtected && passphrase === undefined) {
      throw new Error(`${keyFile} is protected by a passphrase: set HOLDFAST_RELEASE_PASSPHRASE.`, { cause: error })
    }
    throw new Error(
      isProtected
        ? `HOLDFAST_RELEASE_PASSPHRASE is not the passphrase of ${keyFile}.`
        : `${keyFile} is not a private key in PEM format: ${howToCreate}`,
      { cause: error },
    )
  }
}

/** What checks the signatures of a private key, as PEM. */
export function publicKeyOf(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
}

/**
 * Signs a file, beside it as `FILE.sig`. Users check that with the public key and OpenSSL 3: see docs/operations.
 *
 * @returns the path of the signature
 */
export function signFile(key: KeyObject, file: string): string {
  const signature = `${file}.sig`
  writeFileSync(signature, sign(null, readFileSync(file), key))
  return signature
}
