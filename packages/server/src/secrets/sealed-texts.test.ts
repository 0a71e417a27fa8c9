import { expect, test } from 'vitest'
import { createSealedTexts } from './sealed-texts.ts'

const [older, newer] = ['o'.repeat(32), 'n'.repeat(32)]

test('a sealed text is opened with the secret that sealed it, also during a rotation, and with no other', async () => {
  const sealed = await createSealedTexts([older], 'webhook').seal('whsec_abc')
  expect(sealed).not.toContain('whsec_abc')
  expect(await createSealedTexts([older], 'webhook').open(sealed)).toBe('whsec_abc')
  expect(await createSealedTexts([newer, older], 'webhook').open(sealed)).toBe('whsec_abc')
  expect(await createSealedTexts([newer], 'webhook').open(sealed)).toBeNull()
  expect(await createSealedTexts([older], 'accounts').open(sealed)).toBeNull()
  const changed = `${sealed.slice(0, -1)}${sealed.endsWith('0') ? '1' : '0'}`
  expect(await createSealedTexts([older], 'webhook').open(changed)).toBeNull()
})
