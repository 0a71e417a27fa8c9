import type { Clinic, Doctor, Slot } from '@holdfast/contract/client'
import { addDays, listedDaysMax, localDay } from '@holdfast/vocabulary'
import { SegmentedControl, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { ChosenSlot } from '../../../domain/free-times/no-times.tsx'
import { daysShown } from '../../../domain/free-times/week-days.ts'
import type { OfferedVisit } from '../../../domain/visits/offered-visits.ts'
import { sessionOf, visitTimesQuery } from '../../../domain/visits/visit-times-query.ts'
import { WeekOfVisits } from '../../../domain/visits/week-of-visits.tsx'
import { keptFragment } from '../../../lib/secret-links/use-hidden-fragment.ts'
import { serverNow } from '../../../lib/time/server-clock.ts'
import type { WeekSearch } from '../week-search.ts'

const route = getRouteApi('/doctors/$doctorId')

type VisitTimesProps = {
  doctor: Doctor
  clinic: Clinic
  visit: OfferedVisit
  onChoose: (slot: ChosenSlot) => void
}

/** In person or by video, and the times at which the visit can begin, from the first day with a free one on. */
export function VisitTimes({ doctor, clinic, visit, onChoose }: VisitTimesProps) {
  const { t } = useTranslation(['booking', 'shell'])
  const search = route.useSearch()
  const navigate = useNavigate()
  const { visitType, appointmentTypes } = visit
  const show = (part: Partial<WeekSearch>) => {
    const next = { ...search, ...part }
    void navigate({ from: route.id, search: next, state: keptFragment, replace: true, resetScroll: false })
  }
  const first = useFirstDay(doctor, clinic, visit, search.from === undefined)
  const from = search.from ?? first
  const appointmentType = appointmentTypes.find((one) => one === search.type) ?? appointmentTypes[0] ?? 'in_person'
  if (from === undefined) return <Skeleton height="30rem" radius="lg" />
  const choose = (time: Slot) => onChoose({ ...time, id: sessionOf(time), visitTypeId: visitType.id, appointmentType })
  return (
    <>
      {appointmentTypes.length > 1 ? (
        <SegmentedControl
          aria-label={t('type')}
          style={{ alignSelf: 'flex-start' }}
          value={appointmentType}
          onChange={(value) => {
            const type = appointmentTypes.find((one) => one === value)
            if (type) show({ type })
          }}
          data={appointmentTypes.map((value) => ({ value, label: t(`shell:appointmentType.${value}`) }))}
        />
      ) : null}
      <WeekOfVisits
        doctor={doctor}
        clinic={clinic}
        visit={visit}
        from={from}
        onFrom={(next) => show({ from: next })}
        onChoose={choose}
      />
    </>
  )
}

/** The day of the first free time, or today if there is none, or if this cannot be read; undefined: not read yet. */
function useFirstDay(doctor: Doctor, clinic: Clinic, { visitType }: OfferedVisit, isSought: boolean) {
  const today = localDay(serverNow(), clinic.timezone)
  const times = (from: string, to: string) => visitTimesQuery({ doctorId: doctor.id, visitType, from, to })
  const week = useQuery({ ...times(today, addDays(today, daysShown - 1)), enabled: isSought })
  const isEmpty = week.data?.items.length === 0
  const after = times(addDays(today, daysShown), addDays(today, daysShown + listedDaysMax - 1))
  const later = useQuery({ ...after, enabled: isSought && isEmpty })
  if (week.isPending && !week.isError) return undefined
  if (isEmpty && later.isPending && !later.isError) return undefined
  const first = (isEmpty ? later : week).data?.items[0]
  return first === undefined ? today : localDay(first.startsAt, clinic.timezone)
}
