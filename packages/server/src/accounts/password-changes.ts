import { AsyncLocalStorage } from 'node:async_hooks'
import { DatabaseUnavailable, mayHaveRun } from '@holdfast/engine'
import type { DBAdapter, DBTransactionAdapter } from 'better-auth'
import { APIError } from 'better-auth/api'
import type { Passwords } from './passwords.ts'

/** Of a request under way: the stored hash that a password in it has matched, and whether that may be replaced. */
type Request = { matchedHash: string | null; mayHaveChanged: boolean }

/**
 * The accounts library checks the current password, and then replaces whatever is stored: of two changes at once, both
 * with the right password, the later won unnoticed. Here, the password is replaced only if it is still the one that was
 * checked; otherwise the change is refused as one with a wrong password.
 *
 * The library also ends sessions and starts one after the password is committed. If that fails, its response does not
 * say what was done; here, the outcome is unknown.
 */
export function createPasswordChanges(passwords: Passwords) {
  const requests = new AsyncLocalStorage<Request>()

  function guardedUpdates(adapter: DBTransactionAdapter): Pick<DBTransactionAdapter, 'update'> {
    return {
      async update(args) {
        const request = requests.getStore()
        const matchedHash = request?.matchedHash ?? null
        if (request === undefined || matchedHash === null) return adapter.update(args)
        if (args.model !== 'account' || args.update.password === undefined) return adapter.update(args)
        const where = [...args.where, { field: 'password', value: matchedHash }]
        const updated = await adapter.update<never>({ ...args, where }).catch((error: unknown) => {
          request.mayHaveChanged = mayHaveRun(error)
          throw error
        })
        request.mayHaveChanged = updated !== null
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
    /**
     * Runs a request to the library.
     *
     * @throws DatabaseUnavailable if it failed, and the password may be changed
     */
    async run(work: () => Promise<Response>): Promise<Response> {
      const request: Request = { matchedHash: null, mayHaveChanged: false }
      const response = await requests.run(request, work).catch((error: unknown) => {
        throw request.mayHaveChanged ? partlyDone(error) : error
      })
      if (response.status >= 500 && request.mayHaveChanged) throw partlyDone(null)
      return response
    },
  }
}

function partlyDone(cause: unknown): DatabaseUnavailable {
  const message = 'A password may have been changed, but the rest was not done.'
  return new DatabaseUnavailable(message, { outcomeUnknown: true, cause })
}
