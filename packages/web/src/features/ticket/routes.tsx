import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { rootRoute } from '../../lib/root-route.ts'

/**
 * `/ticket#ID.TOKEN`: the fragment gives access, and browsers never send it. With `?move=true` the times to
 * move to are shown immediately, with `?cancel=true` the dialog that cancels, and with `?attend=true` the question
 * whether the patient comes.
 */
const ticketRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/ticket',
  validateSearch: ({
    move,
    cancel,
    attend,
  }: Record<string, unknown>): { move?: true; cancel?: true; attend?: true } => ({
    ...(move === true ? { move } : {}),
    ...(cancel === true ? { cancel } : {}),
    ...(attend === true ? { attend } : {}),
  }),
  loader: () => loadTexts('ticket', 'links'),
  component: lazyRouteComponent(() => import('./ticket-page.tsx'), 'TicketPage'),
})

/** `/confirm#ID.TOKEN.TOKEN`, from an e-mail: the fragment has the secrets. */
const confirmRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/confirm',
  loader: () => loadTexts('ticket'),
  component: lazyRouteComponent(() => import('./confirm-page.tsx'), 'ConfirmPage'),
})

/** `/reminders#ID.TOKEN`, from a reminder. */
const remindersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/reminders',
  loader: () => loadTexts('ticket'),
  component: lazyRouteComponent(() => import('./reminders-page.tsx'), 'RemindersPage'),
})

export const ticketRoutes = [ticketRoute, confirmRoute, remindersRoute] as const
