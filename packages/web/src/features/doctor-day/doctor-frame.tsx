import { Box, Group, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { BookingsStopped } from '../../domain/bookings/bookings-stopped.tsx'
import { doctorQuery } from '../../lib/queries/directory-queries.ts'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { Tabs } from '../../ui/tabs/page-tabs.tsx'
import { hasTheatreQuery } from './has-theatre-query.ts'

const route = getRouteApi('/my-day')

/** The frame of the doctor's pages: day, week, slots, video visits, and the way to the operating theatre. */
export function DoctorFrame() {
  const { t } = useTranslation('doctor-day')
  const { clinic, clinics, doctorId } = route.useLoaderData()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const params = { clinicId: clinic.id }
  const isStopped = useQuery(doctorQuery(doctorId)).data?.active === false
  const hasTheatre = useQuery(hasTheatreQuery(clinic.id)).data ?? false
  return (
    <>
      <Group justify="space-between" align="end" mb="md" className="no-print">
        <PageTitle>{t('title')}</PageTitle>
        {clinics.length > 1 ? (
          <NativeSelect
            label={t('clinic')}
            value={clinic.id}
            data={clinics.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={({ currentTarget }) =>
              navigate({ to: '.', search: { ...search, clinicId: currentTarget.value } })
            }
          />
        ) : null}
      </Group>
      <Tabs
        label={t('title')}
        tabs={[
          { to: '/my-day', label: t('tabs.day'), search, exact: true },
          { to: '/my-day/week', label: t('tabs.week'), search },
          { to: '/my-day/times', label: t('tabs.times'), search },
          { to: '/my-day/video', label: t('tabs.video'), search },
          ...(hasTheatre ? [{ to: '/clinic/$clinicId/theatre', label: t('tabs.theatre'), params }] : []),
        ]}
      />
      {isStopped ? (
        <Box mb="lg">
          <BookingsStopped />
        </Box>
      ) : null}
      <Outlet />
    </>
  )
}
