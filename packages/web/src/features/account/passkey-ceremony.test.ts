import { expect, test } from 'vitest'
import { canHavePasskeys } from './passkey-ceremony.ts'

test('passkeys are asked for at host names, and not at addresses, where the server refuses them', () => {
  for (const hostname of ['localhost', 'clinic.example', '1.2.3.example']) {
    expect(canHavePasskeys(hostname), hostname).toBe(true)
  }
  for (const hostname of ['127.0.0.1', '192.168.1.20', '[::1]']) expect(canHavePasskeys(hostname), hostname).toBe(false)
})
