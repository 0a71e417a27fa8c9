import { localDay } from '@holdfast/vocabulary'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { clinicDoctorsQuery } from '../../lib/queries/clinic-queries.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { serverNow } from '../../lib/time/server-clock.ts'

const route = getRouteApi('/clinic/$clinicId')

/** The clinic of the page, its doctors, and the user's permissions, which the loader has read. */
export function useClinic() {
  const { clinicId } = route.useParams()
  const { isAdmin } = route.useLoaderData()
  const { data: clinic } = useSuspenseQuery(clinicQuery(clinicId))
  const doctors = useQuery(clinicDoctorsQuery(clinicId)).data ?? []
  return {
    clinicId,
    clinic,
    doctors,
    isAdmin,
    timeZone: clinic.timezone,
    today: localDay(serverNow(), clinic.timezone),
  }
}
