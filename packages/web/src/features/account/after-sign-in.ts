import type { QueryClient } from '@tanstack/react-query'
import { forgetTickets } from '../../lib/kept-tickets.ts'
import { meQuery } from '../../lib/session.ts'

/** Somebody else is here now: what only the former one might see is asked for anew. */
export async function afterSignIn(queryClient: QueryClient): Promise<void> {
  await queryClient.fetchQuery({ ...meQuery, staleTime: 0 })
  await queryClient.invalidateQueries({ refetchType: 'none' })
}

/** Nothing of the account stays in this browser. */
export async function afterSignOut(queryClient: QueryClient): Promise<void> {
  await forgetTickets()
  await queryClient.cancelQueries()
  queryClient.setQueryData(meQuery.queryKey, null)
  queryClient.removeQueries({ predicate: (query) => query.getObserversCount() === 0 })
}
