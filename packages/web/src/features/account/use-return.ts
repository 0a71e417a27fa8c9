import { useQueryClient } from '@tanstack/react-query'
import { type HistoryState, useRouter, useRouterState } from '@tanstack/react-router'
import { homeOf } from '../../lib/session/access.ts'
import { meQuery } from '../../lib/session/session.ts'

export type Return = {
  /** For the link between the two pages, which keeps the page to return to. */
  way: { search: { to?: string }; hash: string; state: HistoryState }
  /** Goes there after signing in. */
  go(): void
}

/**
 * Where to go after signing in or up. The fragment of these pages belongs to that page, and so does its secret in the
 * state of the tab's history, which no address shows: a ticket's manage token, or what the link to the page carried.
 *
 * @param to a path of this site; absent: the page that the account's role starts with
 */
export function useReturn(to: string | undefined): Return {
  const router = useRouter()
  const queryClient = useQueryClient()
  const hash = useRouterState({ select: (state) => state.location.hash })
  const manageToken = useRouterState({ select: ({ location }) => location.state.manageToken })
  const fragment = useRouterState({ select: ({ location }) => location.state.fragment })
  const state = {
    ...(manageToken === undefined ? {} : { manageToken }),
    ...(fragment === undefined ? {} : { fragment }),
  }
  const isWhole = to !== undefined && hash !== ''
  return {
    way: { search: to === undefined ? {} : { to }, hash: isWhole ? hash : '', state },
    go() {
      const me = queryClient.getQueryData(meQuery.queryKey)
      const home = me ? homeOf(me) : '/my-bookings'
      router.history.push(`${to ?? home}${isWhole ? `#${hash}` : ''}`, state)
    },
  }
}
