import { AsyncLocalStorage } from 'node:async_hooks'
import type { DBAdapter, DBTransactionAdapter } from 'better-auth'
import type { Creation } from './sessions/hashed-session-tokens.ts'

/** A request under way. `error`: the one with which the database refused a row; undefined: none. */
type Request = { error: unknown }

/**
 * If the database fails to store an account, the library responds as if the request were wrong. Here, the database's
 * error is thrown instead, so that the response says whether the request can be repeated.
 */
export function createLibraryFailures() {
  const requests = new AsyncLocalStorage<Request>()

  function noting(adapter: DBTransactionAdapter): Pick<DBTransactionAdapter, 'create'> {
    return {
      create: <Given extends Record<string, unknown>, Created = Given>(args: Creation<Given>): Promise<Created> =>
        adapter.create<Given, Created>(args).catch((error: unknown) => {
          const request = requests.getStore()
          if (request !== undefined) request.error = error
          throw error
        }),
    }
  }

  return {
    /** The library's access to the database. */
    noted: (adapter: DBAdapter): DBAdapter => ({
      ...adapter,
      ...noting(adapter),
      transaction: (work) => adapter.transaction((transaction) => work({ ...transaction, ...noting(transaction) })),
    }),
    /**
     * Runs a request to the library.
     *
     * @throws the database's error, if that refused a row
     */
    async run(work: () => Promise<Response>): Promise<Response> {
      const request: Request = { error: undefined }
      const response = await requests.run(request, work)
      if (!response.ok && request.error !== undefined) throw request.error
      return response
    },
  }
}
