import { Box, Skeleton, Stack, Text } from '@mantine/core'
import { type UseInfiniteQueryResult, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ClinicLogo } from '../../domain/clinics/clinic-logo.tsx'
import { UnreachableError } from '../../lib/api/api-error.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { ShowMore } from '../../ui/show-more.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { DoctorCard } from './doctor-card.tsx'
import { DoctorFilters } from './doctor-filters.tsx'
import type { DoctorSearch } from './doctor-search.ts'
import classes from './doctors-page.module.css'
import { doctorsOf, doctorsQuery, type FoundDoctors } from './doctors-query.ts'
import { NoConnection } from './no-connection.tsx'
import { NoDoctors } from './no-doctors.tsx'
import { useFreshTimes } from './use-fresh-times.ts'

const route = getRouteApi('/')

/** Finds doctors by name, specialisation, clinic and appointment type; the soonest first. */
export function DoctorsPage() {
  const { t } = useTranslation('doctors')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const found = useInfiniteQuery(doctorsQuery(useQueryClient(), search))
  const [wasFound, setFound] = useState(false)
  if (found.data !== undefined && !wasFound) setFound(true)
  // Without a connection from the start there is nothing to filter, and nothing is live.
  const isUnreachable = !wasFound && found.error instanceof UnreachableError
  const change = (next: DoctorSearch) => navigate({ search: next, replace: true, resetScroll: false })
  return (
    <Stack gap="xl">
      <Stack gap={6}>
        <PageTitle>{t('title')}</PageTitle>
        {isUnreachable ? null : (
          <Text size="lg" c="dimmed" maw="42rem">
            {t('intro')}
          </Text>
        )}
      </Stack>
      {search.clinicId === undefined ? null : <LogoOf clinicId={search.clinicId} />}
      {isUnreachable ? null : <DoctorFilters search={search} onChange={change} />}
      <Found search={search} found={found} onReset={() => change({})} />
    </Stack>
  )
}

/** The logo of the clinic whose page this is, or that the visitor has chosen. */
function LogoOf({ clinicId }: { clinicId: string }) {
  const clinic = useQuery(clinicQuery(clinicId)).data
  return clinic === undefined ? null : <ClinicLogo clinic={clinic} />
}

type FoundProps = {
  search: DoctorSearch
  found: UseInfiniteQueryResult<FoundDoctors>
  onReset: () => void
}

function Found({ search, found, onReset }: FoundProps) {
  const { t } = useTranslation('doctors')
  const doctors = found.data === undefined ? [] : doctorsOf(found.data)
  const listRef = useRef<HTMLUListElement>(null)
  useFreshTimes(
    search,
    doctors.map(({ id }) => id),
  )
  if (found.data === undefined) {
    if (!found.isError) return <LoadingCards />
    const retry = () => void found.refetch()
    return found.error instanceof UnreachableError ? (
      <NoConnection error={found.error} retry={retry} />
    ) : (
      <ErrorState error={found.error} retry={retry} />
    )
  }
  return (
    <section aria-label={t('results')}>
      <Text role="status" size="sm" c="dimmed" mb="sm">
        {doctors.length === 0 ? '\u00a0' : t(found.hasNextPage ? 'countMore' : 'count', { count: doctors.length })}
      </Text>
      {doctors.length === 0 ? <NoDoctors search={search} onReset={onReset} /> : null}
      <ul className={classes.cards} data-older={found.isPlaceholderData || undefined} ref={listRef}>
        {doctors.map((doctor) => (
          <DoctorCard key={doctor.id} doctor={doctor} type={search.type} />
        ))}
      </ul>
      <Box mt="lg">
        <ShowMore pages={found} count={doctors.length} listRef={listRef} />
      </Box>
    </section>
  )
}

/** They are as high as the cards that will replace them. */
function LoadingCards() {
  const { t } = useTranslation('shell')
  return (
    <div aria-busy="true">
      <Text role="status" size="sm" c="dimmed" mb="sm">
        {t('loading')}
      </Text>
      <div className={classes.cards}>
        {['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
          <Skeleton key={key} height={290} radius="lg" />
        ))}
      </div>
    </div>
  )
}
