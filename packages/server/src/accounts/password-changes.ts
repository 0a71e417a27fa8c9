import { AsyncLocalStorage } from 'node:async_hooks'
import type { DBAdapter, DBTransactionAdapter } from 'better-auth'
import { APIError } from 'better-auth/api'
import type { Passwords } from './passwords.ts'

/** Of a request under way: the stored hash that a password in it has matched. */
type Request = { matchedHash: string | null }

/**
 * The accounts library checks the current password, and then replaces whatever is stored: of two changes at once, both
 * with the right password, the later won unnoticed. Here, the password is replaced only if it is still the one that was
 * checked; otherwise the change is refused as one with a wrong password.
 */
export function createPasswordChanges(passwords: Passwords) {
  const requests = new AsyncLocalStorage<Request>()

  function guardedUpdates(adapter: DBTransactionAdapter): Pick<DBTransactionAdapter, 'update'> {
    return {
      async update(args) {
        const matchedHash = requests.getStore()?.matchedHash ?? null
        if (args.model !== 'account' || args.update.password === undefined || matchedHash === null) {
          return adapter.update(args)
        }
        const where = [...args.where, { field: 'password', value: matchedHash }]
        const updated = await adapter.update<never>({ ...args, where })
        if (updated === null) {
          throw new APIError('BAD_REQUEST', {
            code: 'INVALID_PASSWORD',
            message: 'The password was changed meanwhile.',
          })
        }
        return updated
      },
    }
  }

  return {
    passwords: {
      ...passwords,
      async verify(attempt: { hash: string; password: string }) {
        const isRight = await passwords.verify(attempt)
        const request = requests.getStore()
        if (isRight && request !== undefined) request.matchedHash = attempt.hash
        return isRight
      },
    },
    /** The library's access to the database. */
    guarded: (adapter: DBAdapter): DBAdapter => ({
      ...adapter,
      ...guardedUpdates(adapter),
      transaction: (work) =>
        adapter.transaction((transaction) => work({ ...transaction, ...guardedUpdates(transaction) })),
    }),
    /** Runs a request to the library. */
    run: <T>(work: () => Promise<T>): Promise<T> => requests.run({ matchedHash: null }, work),
  }
}
