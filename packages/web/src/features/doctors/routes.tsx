import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import type { NavItem } from '../../lib/nav-item.ts'
import { rootRoute } from '../../lib/root-route.ts'
import { parseDoctorSearch } from './doctor-search.ts'

const doctorsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: parseDoctorSearch,
  loader: () => loadTexts('doctors'),
  component: lazyRouteComponent(() => import('./doctors-page.tsx'), 'DoctorsPage'),
})

export const doctorsRoutes = [doctorsRoute] as const

export const doctorsNav: readonly NavItem[] = [{ to: '/', label: 'nav.doctors', isFor: () => true }]
