import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { rootRoute } from '../../lib/root-route.ts'
import { parseReturnSearch } from './return-search.ts'

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: parseReturnSearch,
  loader: () => loadTexts('account'),
  component: lazyRouteComponent(() => import('./sign-in-page.tsx'), 'SignInPage'),
})

const signUpRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-up',
  validateSearch: parseReturnSearch,
  loader: () => loadTexts('account'),
  component: lazyRouteComponent(() => import('./sign-up-page.tsx'), 'SignUpPage'),
})

const accountRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/account',
  validateSearch: parseReturnSearch,
  loader: () => loadTexts('account'),
  component: lazyRouteComponent(() => import('./account-page.tsx'), 'AccountPage'),
})

const peopleRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/account/people',
  loader: () => loadTexts('people'),
  component: lazyRouteComponent(() => import('./people-page.tsx'), 'PeoplePage'),
})

const personalDataRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/account/data',
  loader: () => loadTexts('personal-data'),
  component: lazyRouteComponent(() => import('./personal-data-page.tsx'), 'PersonalDataPage'),
})

const dataViewsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/account/data-views',
  loader: () => loadTexts('personal-data'),
  component: lazyRouteComponent(() => import('./data-views-page.tsx'), 'DataViewsPage'),
})

const newPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/new-password',
  validateSearch: parseReturnSearch,
  loader: () => loadTexts('account'),
  component: lazyRouteComponent(() => import('./new-password-page.tsx'), 'NewPasswordPage'),
})

/** `/reset-password#TOKEN`: browsers never send the fragment, so no server's or proxy's log has it. */
const resetPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/reset-password',
  loader: () => loadTexts('account'),
  component: lazyRouteComponent(() => import('./reset-password-page.tsx'), 'ResetPasswordPage'),
})

const forgotPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/forgot-password',
  loader: () => loadTexts('account'),
  component: lazyRouteComponent(() => import('./forgot-password-page.tsx'), 'ForgotPasswordPage'),
})

/** `/confirm-email#TOKEN` */
const confirmEmailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/confirm-email',
  loader: () => loadTexts('account'),
  component: lazyRouteComponent(() => import('./confirm-email-page.tsx'), 'ConfirmEmailPage'),
})

/** `/undo-email#TOKEN` */
const undoEmailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/undo-email',
  loader: () => loadTexts('account'),
  component: lazyRouteComponent(() => import('./undo-email-page.tsx'), 'UndoEmailPage'),
})

export const accountRoutes = [
  signInRoute,
  signUpRoute,
  accountRoute,
  peopleRoute,
  personalDataRoute,
  dataViewsRoute,
  newPasswordRoute,
  resetPasswordRoute,
  forgotPasswordRoute,
  confirmEmailRoute,
  undoEmailRoute,
] as const
