import type { QueryClient } from '@tanstack/react-query'
import { deleteStoredTickets } from '../stored-tickets.ts'
import { meQuery } from './session.ts'

/** Another account is signed in: all data that depends on the account is read again. */
export async function afterSignIn(queryClient: QueryClient): Promise<void> {
  await queryClient.fetchQuery({ ...meQuery, staleTime: 0 })
  await queryClient.invalidateQueries({ refetchType: 'none' })
}

/** Removes all data of the account from this browser. */
export async function afterSignOut(queryClient: QueryClient): Promise<void> {
  await deleteStoredTickets()
  await queryClient.cancelQueries()
  queryClient.setQueryData(meQuery.queryKey, null)
  queryClient.removeQueries({ predicate: (query) => query.getObserversCount() === 0 })
}
