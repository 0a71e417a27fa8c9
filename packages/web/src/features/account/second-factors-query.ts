import { queryOptions, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { meQuery } from '../../lib/session/session.ts'
import { sessionsQuery } from './sessions-query.ts'

/** The account's authenticator app and passkeys. */
export const secondFactorsQuery = queryOptions({
  queryKey: ['second-factors'],
  queryFn: () => dataOf(api.getSecondFactors()),
})

/** Call this after a change: what the account may do and where it is signed in may have changed too. */
export function useRefreshFactors(): () => Promise<unknown> {
  const queryClient = useQueryClient()
  return () =>
    Promise.all(
      [secondFactorsQuery, sessionsQuery, meQuery].map(({ queryKey }) => queryClient.invalidateQueries({ queryKey })),
    )
}
