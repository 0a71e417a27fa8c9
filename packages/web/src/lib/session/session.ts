import type { Me } from '@holdfast/contract/client'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../api/api.ts'
import { refusalCode } from '../api/api-error.ts'

/** The signed-in account, identified by the HTTP-only cookie; null for a guest. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  staleTime: 5 * 60_000,
  retry: false,
  queryFn: async (): Promise<Me | null> => {
    try {
      return (await dataOf(api.whoAmI())).account
    } catch (error) {
      if (refusalCode(error) === 'unauthenticated') return null
      throw error
    }
  },
})

/** `failed`: nobody knows whether somebody is signed in. */
export type Session =
  | { kind: 'unknown' }
  | { kind: 'failed'; error: Error; retry: () => void }
  | { kind: 'guest' }
  | { kind: 'account'; me: Me }

/** `unknown` until the server has responded. */
export function useSession(): Session {
  const { data, error, refetch } = useQuery(meQuery)
  if (data) return { kind: 'account', me: data }
  if (data === null) return { kind: 'guest' }
  return error === null ? { kind: 'unknown' } : { kind: 'failed', error, retry: () => void refetch() }
}
