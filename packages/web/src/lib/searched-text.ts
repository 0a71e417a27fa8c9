import { useRouterState } from '@tanstack/react-router'

declare module '@tanstack/history' {
  interface HistoryState {
    /**
     * What the desk searches for in a list: the name, the number or the address of a patient. It stays with the entry
     * of the tab's history, and is in no address: browsers store and synchronize these, and proxies log them.
     */
    searched?: string
  }
}

/** The filters of a list with what is searched for in it. */
export function useSearched<Search extends object>(search: Search): Search & { q?: string } {
  const searched = useRouterState({ select: ({ location }) => location.state.searched })
  return searched === undefined ? search : { ...search, q: searched }
}

/** What the router needs to show these filters: without the text, which is not in the address. */
export function withoutText<Filters extends { q?: string }>({ q, ...search }: Filters) {
  return { search, state: searchedFor(q) }
}

/** The state of the history for a text that is searched for. */
export function searchedFor(q: string | undefined): { searched?: string } {
  return q === undefined || q === '' ? {} : { searched: q }
}
