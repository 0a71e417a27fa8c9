import { maskAddress } from '../mask-address.ts'

/** What a mail server said, without the recipient's address, and as PostgreSQL stores it: it refuses a NUL. */
export function storedResponse(response: string, address: string): string {
  return response.replace(/[^\P{Cc}\n\t]/gu, '\ufffd').replaceAll(address, maskAddress(address))
}
