import { useRouter, useRouterState } from '@tanstack/react-router'

export type Return = {
  /** For a link to the other of the two pages: it leads back to the same place. */
  way: { search: { to?: string }; hash: string }
  /** Goes there, now that somebody is signed in. */
  go(): void
}

/**
 * Where one goes after signing in or up. What stands behind the # of these pages belongs to that place: a ticket's
 * secret comes along so, and is never sent.
 *
 * @param to a path of this site; absent: the account's bookings
 */
export function useReturn(to: string | undefined): Return {
  const router = useRouter()
  const hash = useRouterState({ select: (state) => state.location.hash })
  const isWhole = to !== undefined && hash !== ''
  return {
    way: { search: to === undefined ? {} : { to }, hash: isWhole ? hash : '' },
    go: () => router.history.push(`${to ?? '/my-bookings'}${isWhole ? `#${hash}` : ''}`),
  }
}
