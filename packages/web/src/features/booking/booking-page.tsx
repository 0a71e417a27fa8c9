import type { Clinic, Doctor, Slot } from '@holdfast/contract/client'
import { SegmentedControl, Stack, Text } from '@mantine/core'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useEffectEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { clinicQuery, doctorQuery } from '../../lib/directory-queries.ts'
import { formatDay, formatTime } from '../../lib/format.ts'
import { useSession } from '../../lib/session.ts'
import { AboutDoctor } from './about-doctor.tsx'
import { keepAttempt, newAttempt, noDetails } from './attempt.ts'
import { HeldPanel } from './held-panel.tsx'
import { LapsedPanel, LostPanel, TakingPanel } from './hold-outcomes.tsx'
import { OtherHold } from './other-hold.tsx'
import { firstDayOf } from './slots-of-week-query.ts'
import { useHold } from './use-hold.ts'
import { WeekOfTimes } from './week-of-times.tsx'

const route = getRouteApi('/doctors/$doctorId')

/** A doctor, and the way from a choice of times to a ticket. */
export function BookingPage() {
  const { doctorId } = route.useParams()
  const doctor = useSuspenseQuery(doctorQuery(doctorId)).data
  const clinic = useSuspenseQuery(clinicQuery(doctor.clinicId)).data
  return (
    <Stack gap="xl">
      <AboutDoctor doctor={doctor} clinic={clinic} />
      <Booking key={doctorId} doctor={doctor} clinic={clinic} />
    </Stack>
  )
}

function Booking({ doctor, clinic }: { doctor: Doctor; clinic: Clinic }) {
  const { t } = useTranslation(['booking', 'shell'])
  const search = route.useSearch()
  const navigate = useNavigate()
  const hold = useHold(doctor.id)
  const session = useSession()
  const { state } = hold
  const type = doctor.appointmentTypes.find((one) => one === search.type) ?? doctor.appointmentTypes[0] ?? 'in_person'
  const from = search.from ?? firstDayOf(doctor, clinic)
  const toTicket = useEffectEvent((hash: string) => void navigate({ to: '/ticket', hash }))
  useEffect(() => {
    if (state.kind === 'confirmed' && state.attempt.made !== null) {
      toTicket(`${state.attempt.made.bookingId}.${state.attempt.made.manageToken}`)
    }
  }, [state])

  const choose = (slot: Slot) => {
    const me = session.kind === 'account' ? session.me : null
    const details =
      'attempt' in state ? state.attempt.details : { ...noDetails, name: me?.name ?? '', email: me?.email ?? '' }
    // Who comes is asked while the hold lasts, and told when it is confirmed.
    const holder = me === null ? { name: t('guest') } : { name: me.name, email: me.email }
    const wishes = { slot, appointmentType: type, holder, details }
    if (slot.doctorId === doctor.id) {
      hold.take(wishes)
      return
    }
    // Another doctor's page takes it up from here.
    keepAttempt(newAttempt({ ...wishes, doctorId: slot.doctorId }))
    void navigate({ to: '/doctors/$doctorId', params: { doctorId: slot.doctorId } })
  }

  if (state.kind !== 'choosing') {
    const { startsAt } = state.attempt.slot
    const when = `${formatDay(startsAt, clinic.timezone)}, ${formatTime(startsAt, clinic.timezone)}`
    if (state.kind === 'held') return <HeldPanel state={state} hold={hold} when={when} />
    if (state.kind === 'lapsed') return <LapsedPanel state={state} hold={hold} when={when} />
    if (state.kind === 'taking') return <TakingPanel state={state} hold={hold} when={when} />
    if (state.kind === 'lost') {
      const place = { timeZone: clinic.timezone, doctorId: doctor.id }
      return <LostPanel state={state} hold={hold} when={when} {...place} onChoose={choose} />
    }
    return <Text role="status">{t('confirmed')}</Text>
  }
  return (
    <Stack gap="lg">
      <OtherHold doctorId={doctor.id} />
      {doctor.appointmentTypes.length > 1 ? (
        <SegmentedControl
          aria-label={t('type')}
          style={{ alignSelf: 'flex-start' }}
          value={type}
          onChange={(value) => {
            const next = doctor.appointmentTypes.find((one) => one === value)
            if (next)
              void navigate({ from: route.id, search: { ...search, type: next }, replace: true, resetScroll: false })
          }}
          data={doctor.appointmentTypes.map((value) => ({ value, label: t(`shell:appointmentType.${value}`) }))}
        />
      ) : null}
      <WeekOfTimes
        doctorId={doctor.id}
        clinic={clinic}
        from={from}
        onFrom={(next) =>
          void navigate({ from: route.id, search: { ...search, from: next }, replace: true, resetScroll: false })
        }
        onChoose={choose}
      />
    </Stack>
  )
}
