import { adminNav } from '../features/admin/routes.tsx'
import { doctorDayNav } from '../features/doctor-day/routes.tsx'
import { doctorsNav } from '../features/doctors/routes.tsx'
import { myBookingsNav } from '../features/my-bookings/routes.tsx'
import type { NavItem } from '../lib/nav-item.ts'

/** The entries of the header's navigation, in order. Each is shown if its `isFor` accepts the session. */
export const navigation: readonly NavItem[] = [...doctorsNav, ...myBookingsNav, ...doctorDayNav, ...adminNav]
