import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { loadTexts } from '../../lib/i18n.ts'
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
  loader: () => loadTexts('account'),
  component: lazyRouteComponent(() => import('./account-page.tsx'), 'AccountPage'),
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

export const accountRoutes = [signInRoute, signUpRoute, accountRoute, newPasswordRoute, resetPasswordRoute] as const
