import { Secret, TOTP } from 'otpauth'

/** The code that an authenticator app shows now. @param secret in Base32 */
export function codeOf(secret: string): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate()
}
