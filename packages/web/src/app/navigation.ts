import { adminNav } from '../features/admin/routes.tsx'
import { doctorDayNav } from '../features/doctor-day/routes.tsx'
import { doctorsNav } from '../features/doctors/routes.tsx'
import { myBookingsNav } from '../features/my-bookings/routes.tsx'
import type { NavItem } from '../lib/nav-item.ts'

/** The header's navigation, in its order; each entry is shown to those it is for. */
export const navigation: readonly NavItem[] = [...doctorsNav, ...myBookingsNav, ...doctorDayNav, ...adminNav]
