import type { AppointmentType, Clinic, Doctor, Slot, VisitType } from '@holdfast/contract/client'
import { addDays, listedDaysMax, localDay } from '@holdfast/vocabulary'
import { Box, SegmentedControl, Skeleton, Stack, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { hasOtherDoctorsQuery } from '../../../domain/free-times/colleague-times-query.ts'
import type { ChosenSlot } from '../../../domain/free-times/no-times.tsx'
import { daysShown } from '../../../domain/free-times/week-days.ts'
import { ZoneNote } from '../../../domain/free-times/week-of-times.tsx'
import { SoonestTimes } from '../../../domain/slots/soonest-times.tsx'
import { WhyNoVisits } from '../../../domain/visits/no-visit-times.tsx'
import { canWaitFor, type OfferedVisit } from '../../../domain/visits/offered-visits.ts'
import { sessionOf, visitTimesQuery } from '../../../domain/visits/visit-times-query.ts'
import { WeekOfVisits } from '../../../domain/visits/week-of-visits.tsx'
import { JoinWaitlist } from '../../../domain/waitlist/join-waitlist.tsx'
import { formatTime } from '../../../lib/i18n/format.ts'
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

/** In person or by video, with whom, and the times at which the visit can begin. */
export function VisitTimes({ doctor, clinic, visit, onChoose }: VisitTimesProps) {
  const { t } = useTranslation(['booking', 'shell', 'visits'])
  const search = route.useSearch()
  const navigate = useNavigate()
  const { visitType, appointmentTypes } = visit
  const show = ({ any, ...search }: WeekSearch) => {
    const next = any ? { ...search, any } : search
    void navigate({ from: route.id, search: next, state: keptFragment, replace: true, resetScroll: false })
  }
  const isShared = visitType.doctors.length !== 1
  const hasOthers = useQuery({ ...hasOtherDoctorsQuery(doctor), enabled: isShared }).data === true && isShared
  const appointmentType = appointmentTypes.find((one) => one === search.type) ?? appointmentTypes[0] ?? 'in_person'
  const choose = (time: Slot) => onChoose({ ...time, id: sessionOf(time), visitTypeId: visitType.id, appointmentType })
  const isAny = hasOthers && search.any === true
  return (
    <>
      {appointmentTypes.length > 1 ? (
        <SegmentedControl
          aria-label={t('type')}
          style={{ alignSelf: 'flex-start' }}
          value={appointmentType}
          onChange={(value) => {
            const type = appointmentTypes.find((one) => one === value)
            if (type) show({ ...search, type })
          }}
          data={appointmentTypes.map((value) => ({ value, label: t(`shell:appointmentType.${value}`) }))}
        />
      ) : null}
      {hasOthers ? (
        <SegmentedControl
          aria-label={t('visits:withWhom')}
          style={{ alignSelf: 'flex-start' }}
          value={isAny ? 'any' : 'own'}
          onChange={(value) => {
            const { any: _any, ...rest } = search
            show(value === 'any' ? { ...rest, any: true } : rest)
          }}
          data={[
            { value: 'own', label: doctor.name },
            { value: 'any', label: t('visits:anyDoctor') },
          ]}
        />
      ) : null}
      {isAny ? (
        <AnyDoctorTimes {...{ doctor, clinic, visit, appointmentType }} onChoose={choose} />
      ) : (
        <OwnTimes {...{ doctor, clinic, visit }} onFrom={(from) => show({ ...search, from })} onChoose={choose} />
      )}
    </>
  )
}

type TimesProps = Omit<VisitTimesProps, 'onChoose'> & { onChoose: (time: Slot) => void }

/** The doctor's, from the first day with a free one on. */
function OwnTimes({ doctor, clinic, visit, onFrom, onChoose }: TimesProps & { onFrom: (from: string) => void }) {
  const { from: wanted } = route.useSearch()
  const first = useFirstDay(doctor, clinic, visit, wanted === undefined)
  const from = wanted ?? first
  if (from === undefined) return <Skeleton height="30rem" radius="lg" />
  return <WeekOfVisits {...{ doctor, clinic, visit, from, onFrom, onChoose }} />
}

type AnyProps = TimesProps & { appointmentType: AppointmentType }

/** The soonest of all doctors of the clinic. The next page names the doctor. */
function AnyDoctorTimes({ doctor, clinic, visit: { visitType }, appointmentType, onChoose }: AnyProps) {
  const { t } = useTranslation('visits')
  return (
    <section aria-labelledby="times-title">
      <Title order={2} id="times-title" tabIndex={-1}>
        {t('soonest')}
      </Title>
      <Box mb="sm">
        <ZoneNote from={localDay(serverNow(), clinic.timezone)} timeZone={clinic.timezone} />
      </Box>
      <SoonestTimes
        clinicId={clinic.id}
        timeZone={clinic.timezone}
        visitType={visitType}
        appointmentType={appointmentType}
        chosen={null}
        onChoose={(time) => time !== null && onChoose(time)}
        labelOf={({ startsAt }) => formatTime(startsAt, clinic.timezone)}
        texts={{ none: <NoneOfAny doctor={doctor} visitType={visitType} />, later: t('later') }}
      />
    </section>
  )
}

/** No doctor of the clinic has a free time. */
function NoneOfAny({ doctor, visitType }: { doctor: Doctor; visitType: VisitType }) {
  return (
    <Stack gap="sm" align="flex-start">
      <WhyNoVisits of={visitType} />
      {canWaitFor(visitType) ? <JoinWaitlist of={{ doctorId: doctor.id, visitTypeId: visitType.id }} /> : null}
    </Stack>
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
