import { hash, verify } from '@node-rs/argon2'

/** argon2id (the library's default variant) as OWASP's Password Storage Cheat Sheet has it: 19 MiB, two passes, one lane. */
const costs = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** So many may wait for their turn (at 10 ms each, a second and a half); beyond it the edge answers 503. */
const waitingMax = 150

export type Passwords = {
  hash(password: string): Promise<string>
  /** false for a wrong password and for a stored hash nobody can read. */
  verify(attempt: { hash: string; password: string }): Promise<boolean>
  /** true: too many wait already; don't begin another sign-in. */
  isOverloaded(): boolean
}

/**
 * Hashing and checking of passwords, off the event loop (libuv's threads) and at most `concurrencyMax` at a time, so that
 * a wave of sign-ins leaves the processor to bookings. Text is compared in Unicode's NFKC form, as keyboards differ.
 */
export function createPasswords(concurrencyMax: number): Passwords {
  let running = 0
  const waiting: (() => void)[] = []

  async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (running >= concurrencyMax) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      // The place is handed on, not given back and fought for again.
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }

  return {
    hash: (password) => inTurn(() => hash(password.normalize('NFKC'), costs)),
    verify: (attempt) =>
      inTurn(() =>
        verify(attempt.hash, attempt.password.normalize('NFKC')).catch((error: unknown) => unreadable(error)),
      ),
    isOverloaded: () => waiting.length >= waitingMax,
  }
}

/** A hash of another scheme is a password nobody knows, not a server error. */
function unreadable(error: unknown): false {
  if (error instanceof Error) return false
  throw error
}
