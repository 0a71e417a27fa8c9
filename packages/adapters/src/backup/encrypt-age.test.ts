import { randomBytes } from 'node:crypto'
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { expect, test } from 'vitest'
import { encryptAge } from './encrypt-age.ts'

const chunk = 64 * 1024

test.each([0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 300 * chunk + 7])(
  'age’s own library decrypts %d bytes',
  async (size) => {
    const identity = await generateX25519Identity()
    const plain = randomBytes(size)
    const sealed = await encryptAge(await identityToRecipient(identity), plain)
    const decrypter = new Decrypter()
    decrypter.addIdentity(identity)
    expect(Buffer.from(await decrypter.decrypt(sealed)).equals(plain)).toBe(true)
    // It cannot be decrypted when a byte is another, nor without its end, nor with another key.
    const changed = Uint8Array.from(sealed)
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    await expect(decrypter.decrypt(changed)).rejects.toThrow()
    await expect(decrypter.decrypt(sealed.subarray(0, -1))).rejects.toThrow()
    const other = new Decrypter()
    other.addIdentity(await generateX25519Identity())
    await expect(other.decrypt(sealed)).rejects.toThrow(/no identity matched/)
  },
)

test('no two encryptions of the same bytes have anything in common', async () => {
  const recipient = await identityToRecipient(await generateX25519Identity())
  const [one, other] = await Promise.all([1, 2].map(() => encryptAge(recipient, Buffer.alloc(chunk))))
  const ends = [one, other].map((sealed) =>
    Buffer.from(sealed ?? [])
      .subarray(-chunk)
      .toString('hex'),
  )
  expect(ends[0]).not.toBe(ends[1])
})
