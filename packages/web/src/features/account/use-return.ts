import { useRouter, useRouterState } from '@tanstack/react-router'

export type Return = {
  /** For the link between the two pages, which keeps the page to return to. */
  way: { search: { to?: string }; hash: string }
  /** Goes there after signing in. */
  go(): void
}

/**
 * Where to go after signing in or up. The fragment of these pages belongs to that page: a ticket's manage token is
 * passed on in it and never sent.
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
