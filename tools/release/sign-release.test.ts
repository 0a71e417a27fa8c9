import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publicKeyOf, readSigningKey, signFile } from './sign-release.ts'

let directory: string
let keyFile: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-sign-'))
  keyFile = keyFileOf('key.pem', generateKeyPairSync('ed25519').privateKey)
})

afterAll(() => rmSync(directory, { recursive: true, force: true }))

function keyFileOf(name: string, key: KeyObject, passphrase?: string): string {
  const file = join(directory, name)
  const protection = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  writeFileSync(file, key.export({ type: 'pkcs8', format: 'pem', ...protection }))
  return file
}

function isValid(publicKey: string, file: string): boolean {
  return verify(null, readFileSync(file), publicKey, readFileSync(`${file}.sig`))
}

test('a signature is valid for its file and its key, and for no other', () => {
  const key = readSigningKey(keyFile, undefined)
  const file = join(directory, 'holdfast.tar.gz.sha256')
  writeFileSync(file, `${'a'.repeat(64)}  holdfast.tar.gz\n`)
  expect(signFile(key, file)).toBe(`${file}.sig`)
  expect(isValid(publicKeyOf(key), file)).toBe(true)
  const other = publicKeyOf(generateKeyPairSync('ed25519').privateKey)
  expect(isValid(other, file)).toBe(false)
  writeFileSync(file, `${'b'.repeat(64)}  holdfast.tar.gz\n`)
  expect(isValid(publicKeyOf(key), file)).toBe(false)
})

test('a protected key needs its passphrase', () => {
  const file = keyFileOf('protected.pem', generateKeyPairSync('ed25519').privateKey, 'right')
  expect(readSigningKey(file, 'right').asymmetricKeyType).toBe('ed25519')
  expect(() => readSigningKey(file, undefined)).toThrow('protected by a passphrase: set HOLDFAST_RELEASE_PASSPHRASE')
  expect(() => readSigningKey(file, 'wrong')).toThrow('HOLDFAST_RELEASE_PASSPHRASE is not the passphrase of')
})

test('a file without a private key, of another kind of key, or that is missing is named', () => {
  const publicFile = join(directory, 'public.pem')
  writeFileSync(publicFile, publicKeyOf(readSigningKey(keyFile, undefined)))
  expect(() => readSigningKey(publicFile, undefined)).toThrow(`${publicFile} is not a private key in PEM format`)
  const curve = keyFileOf('curve.pem', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  expect(() => readSigningKey(curve, undefined)).toThrow(`${curve} is a key of the type ec`)
  expect(() => readSigningKey(join(directory, 'none.pem'), undefined)).toThrow('none.pem')
})
