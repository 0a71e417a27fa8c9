import type { PastOffers, WaitlistEntryWithOffer } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { authOf, type SecretLink } from '../../lib/secret-links/secret-link.ts'

/** An offer changes no free place that the live feed could report: what waits for one is read again. */
export const awaitMs = 10_000

/** An entry with its offer. What the token reads and what the account reads are separate. */
export function entryQuery(link: SecretLink) {
  return queryOptions({
    queryKey: ['waitlist', 'entry', link.id, link.manageToken === null ? 'account' : 'token'],
    queryFn: (): Promise<WaitlistEntryWithOffer> =>
      dataOf(api.getWaitlistEntry({ path: { entryId: link.id }, ...authOf(link) })),
    refetchInterval: ({ state: { data } }) =>
      data === undefined || data.status === 'waiting' || data.status === 'offered' ? awaitMs : false,
  })
}

/** What was offered to an entry, the first offer first. */
export function pastOffersQuery(link: SecretLink) {
  return queryOptions({
    queryKey: ['waitlist', 'offers', link.id, link.manageToken === null ? 'account' : 'token'],
    queryFn: async (): Promise<PastOffers['items']> =>
      (await dataOf(api.listWaitlistOffers({ path: { entryId: link.id }, ...authOf(link) }))).items,
  })
}

/** The account's entries, the newest first. */
export function myEntriesQuery(accountId: string) {
  return queryOptions({
    queryKey: ['waitlist', 'mine', accountId],
    queryFn: async () => (await dataOf(api.listMyWaitlistEntries())).items,
    refetchInterval: awaitMs,
  })
}
