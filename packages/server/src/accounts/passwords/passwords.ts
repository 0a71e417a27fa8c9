import { hash, verify } from '@node-rs/argon2'
import pLimit from 'p-limit'

/**
 * argon2id (the library's default) with the costs of OWASP's Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane.
 */
const costs = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/**
 * How many may wait for a free place (at 10 ms each, a second and a half). Beyond that the server responds with 503.
 */
const waitingMax = 150

export type Passwords = {
  hash(password: string): Promise<string>
  /** false for a wrong password, and for a stored hash in an unknown format. */
  verify(attempt: { hash: string; password: string }): Promise<boolean>
  /** true: too many are waiting, so another sign-in should be refused. */
  isOverloaded(): boolean
}

/**
 * Hashes and checks passwords off the event loop (in libuv's threads), at most `concurrencyMax` at a time, so that a
 * wave of sign-ins does not slow down bookings. Passwords are normalised to Unicode NFKC, because keyboards differ.
 */
export function createPasswords(concurrencyMax: number): Passwords {
  const limited = pLimit(concurrencyMax)
  return {
    hash: (password) => limited(() => hash(password.normalize('NFKC'), costs)),
    verify: (attempt) =>
      limited(() =>
        verify(attempt.hash, attempt.password.normalize('NFKC')).catch((error: unknown) => unreadable(error)),
      ),
    isOverloaded: () => limited.pendingCount >= waitingMax,
  }
}

/** A stored hash in another format matches no password. It is not a server error. */
function unreadable(error: unknown): false {
  if (error instanceof Error) return false
  throw error
}
