import { localDay } from '@holdfast/vocabulary'
import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { clinicDoctorsQuery } from '../../lib/queries/clinic-queries.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { theatreKey } from './board-query.ts'

const route = getRouteApi('/clinic/$clinicId/theatre')

/** The clinic whose theatre is shown, and what the user may do there. */
export function useTheatre() {
  const { clinicId } = route.useParams()
  const { role } = route.useLoaderData()
  const queryClient = useQueryClient()
  const { data: clinic } = useSuspenseQuery(clinicQuery(clinicId))
  return {
    clinicId,
    clinic,
    doctors: useQuery(clinicDoctorsQuery(clinicId)).data ?? [],
    isAdmin: role === 'admin',
    /** Surgeons see their own cases; the theatre's staff book and move them. */
    isStaff: role === 'admin' || role === 'staff',
    timeZone: clinic.timezone,
    today: localDay(serverNow(), clinic.timezone),
    /** Reads everything of the theatre again, after a change. */
    reread: () => queryClient.invalidateQueries({ queryKey: theatreKey(clinicId) }),
  }
}
