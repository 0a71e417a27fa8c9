import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { clinicsQuery } from '../../lib/queries/directory-queries.ts'
import { rootRoute } from '../../lib/root-route.ts'
import { parseJoinSearch } from './join-search.ts'

const parent = {
  getParentRoute: () => rootRoute,
  loader: () => loadTexts('waitlist', 'booking-more', 'links'),
} as const

const joinRoute = createRoute({
  ...parent,
  path: '/join-waitlist',
  validateSearch: parseJoinSearch,
  component: lazyRouteComponent(() => import('./join-page.tsx'), 'JoinPage'),
})

/** `/waitlist-entry#ID.TOKEN`: as of tickets, the fragment gives access. */
const entryRoute = createRoute({
  ...parent,
  path: '/waitlist-entry',
  component: lazyRouteComponent(() => import('./entry-page.tsx'), 'EntryPage'),
})

/** `/offer#BOOKING.TOKEN`, in an e-mail with a second token: messages link to it. Opening it changes nothing. */
const offerRoute = createRoute({
  ...parent,
  path: '/offer',
  component: lazyRouteComponent(() => import('./offer-page.tsx'), 'OfferPage'),
})

/** `/leave-waitlist#ENTRY.TOKEN`, from an offer's mail. Opening it changes nothing. */
const leaveRoute = createRoute({
  ...parent,
  path: '/leave-waitlist',
  component: lazyRouteComponent(() => import('./leave-by-link-page.tsx'), 'LeaveByLinkPage'),
})

const findEntryRoute = createRoute({
  ...parent,
  path: '/find-waitlist-entry',
  loader: ({ context: { queryClient } }) => {
    // Whether the page asks for the clinic. The rest of the form does not wait for it.
    void queryClient.prefetchQuery({ ...clinicsQuery(queryClient), retry: false })
    return loadTexts('waitlist')
  },
  component: lazyRouteComponent(() => import('./find-entry-page.tsx'), 'FindEntryPage'),
})

const myEntriesRoute = createRoute({
  ...parent,
  path: '/my-waitlist',
  component: lazyRouteComponent(() => import('./my-waitlist-page.tsx'), 'MyWaitlistPage'),
})

export const waitlistRoutes = [joinRoute, entryRoute, offerRoute, leaveRoute, findEntryRoute, myEntriesRoute] as const
