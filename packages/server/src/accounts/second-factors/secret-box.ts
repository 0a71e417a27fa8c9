import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto'
import type { Auth } from '../auth.ts'

/** Encrypts what is stored, as the accounts library does with its signing keys: a rotated secret still opens it. */
export type SecretBox = {
  seal(text: string): Promise<string>
  /** null: the secret that it was sealed with is no longer configured. */
  open(sealed: string): Promise<string | null>
}

export function createSecretBox(auth: Auth): SecretBox {
  return {
    seal: async (data) => symmetricEncrypt({ key: (await auth.$context).secretConfig, data }),
    async open(data) {
      const key = (await auth.$context).secretConfig
      return symmetricDecrypt({ key, data }).catch(() => null)
    },
  }
}
