import type { Me } from '@holdfast/contract/client'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from './api.ts'
import { refusalCode } from './api-error.ts'

export type Role = 'doctor' | 'staff' | 'admin'

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

export type Session = { kind: 'unknown' } | { kind: 'guest' } | { kind: 'account'; me: Me }

/** `unknown` until the server has responded; a failed request counts as a guest. */
export function useSession(): Session {
  const { data, isPending, isError } = useQuery(meQuery)
  if (data) return { kind: 'account', me: data }
  return isPending && !isError ? { kind: 'unknown' } : { kind: 'guest' }
}
