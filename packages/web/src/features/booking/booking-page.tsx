import type { AppointmentType, Clinic, Doctor, Slot } from '@holdfast/contract/client'
import { Box, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { memo, Suspense, useDeferredValue, useEffect, useEffectEvent, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { firstDayOf } from '../../domain/free-times/slots-of-week-query.ts'
import { useStable } from '../../domain/free-times/use-stable.ts'
import { WeekOfTimes } from '../../domain/free-times/week-of-times.tsx'
import { clinicQuery, doctorQuery } from '../../lib/directory-queries.ts'
import { formatDay, formatTime } from '../../lib/format.ts'
import { useSession } from '../../lib/session.ts'
import { AboutDoctor } from './about-doctor.tsx'
import { newAttempt, noDetails, storeAttempt } from './attempt.ts'
import { ClinicPlace } from './clinic-place.tsx'
import { HeldPanel } from './held-panel.tsx'
import { ExpiredPanel, RequestingPanel, UnavailablePanel } from './hold-outcomes.tsx'
import type { HoldState } from './hold-state.ts'
import { OtherHold } from './other-hold.tsx'
import { type Hold, useHold } from './use-hold.ts'

const route = getRouteApi('/doctors/$doctorId')

/** A doctor's page: from choosing a time to the ticket. */
export function BookingPage() {
  const { doctorId } = route.useParams()
  const doctor = useSuspenseQuery(doctorQuery(doctorId)).data
  return (
    <Stack gap="xs">
      <AboutDoctor doctor={doctor} />
      {/* Whoever it is can be read while the clinic is on its way; what comes below takes its place in one piece. */}
      <Suspense fallback={<Skeleton height="32rem" radius="lg" />}>
        <AtClinic key={doctorId} doctor={doctor} />
      </Suspense>
    </Stack>
  )
}

function AtClinic({ doctor }: { doctor: Doctor }) {
  const clinic = useSuspenseQuery(clinicQuery(doctor.clinicId)).data
  return (
    <>
      <ClinicPlace clinic={clinic} />
      <Box mt="lg">
        <Booking doctor={doctor} clinic={clinic} />
      </Box>
    </>
  )
}

function Booking({ doctor, clinic }: { doctor: Doctor; clinic: Clinic }) {
  const search = route.useSearch()
  const navigate = useNavigate()
  const hold = useHold(doctor.id)
  const session = useSession()
  const { state } = hold
  const isChoosing = state.kind === 'choosing'
  // Hundreds of times are hidden with the press, and taken apart when the response has arrived.
  const isAway = useDeferredValue(!isChoosing)
  const wasAway = useRef(!isChoosing)
  useEffect(() => {
    // After going back, the focus is on the times.
    if (isChoosing && wasAway.current) document.getElementById('times-title')?.focus({ preventScroll: true })
    wasAway.current = !isChoosing
  }, [isChoosing])
  const type = doctor.appointmentTypes.find((one) => one === search.type) ?? doctor.appointmentTypes[0] ?? 'in_person'
  const from = search.from ?? firstDayOf(doctor, clinic)
  const toTicket = useEffectEvent((hash: string, manageToken: string) => {
    void navigate({ to: '/ticket', hash, state: { manageToken } })
  })
  useEffect(() => {
    if (state.kind === 'confirmed' && state.attempt.made !== null) {
      toTicket(state.attempt.made.bookingId, state.attempt.made.manageToken)
    }
  }, [state])

  const choose = (slot: Slot) => {
    const me = session.kind === 'account' ? session.me : null
    const details =
      'attempt' in state ? state.attempt.details : { ...noDetails, name: me?.name ?? '', email: me?.email ?? '' }
    // The patient's details are entered during the hold and sent with the confirmation.
    const holder = me === null ? null : { name: me.name, email: me.email }
    const request = { slot, appointmentType: type, holder, details }
    if (slot.doctorId === doctor.id) {
      hold.take(request)
      return
    }
    // The other doctor's page reads the attempt from the storage.
    storeAttempt(newAttempt({ ...request, doctorId: slot.doctorId }))
    void navigate({ to: '/doctors/$doctorId', params: { doctorId: slot.doctorId } })
  }

  const onChoose = useStable(choose)
  const place = { clinic, doctorId: doctor.id }
  return (
    <>
      {isChoosing ? null : <Outcome state={state} hold={hold} {...place} onChoose={onChoose} />}
      {isChoosing || !isAway ? (
        <div hidden={!isChoosing}>
          <Choice doctor={doctor} clinic={clinic} type={type} from={from} onChoose={onChoose} />
        </div>
      ) : null}
    </>
  )
}

type OutcomeProps = {
  state: Exclude<HoldState, { kind: 'choosing' }>
  hold: Hold
  clinic: Clinic
  doctorId: string
  onChoose: (slot: Slot) => void
}

/** The state of the attempt. */
function Outcome({ state, hold, clinic, doctorId, onChoose }: OutcomeProps) {
  const { t } = useTranslation('booking')
  const timeZone = clinic.timezone
  const { startsAt } = state.attempt.slot
  const when = `${formatDay(startsAt, timeZone)}, ${formatTime(startsAt, timeZone)}`
  switch (state.kind) {
    case 'held':
      return <HeldPanel {...{ state, hold, when }} extensionsMax={clinic.settings.holdExtensionsMax} />
    case 'expired':
      return <ExpiredPanel state={state} hold={hold} when={when} />
    case 'requesting':
      return <RequestingPanel state={state} hold={hold} when={when} />
    case 'unavailable':
      return <UnavailablePanel {...{ state, hold, when, timeZone, doctorId, onChoose }} />
    case 'confirmed':
      return <Text role="status">{t('confirmed')}</Text>
  }
}

type ChoiceProps = {
  doctor: Doctor
  clinic: Clinic
  type: AppointmentType
  from: string
  onChoose: (slot: Slot) => void
}

/** The choice of the appointment type and the time. */
const Choice = memo(({ doctor, clinic, type, from, onChoose }: ChoiceProps) => {
  const { t } = useTranslation(['booking', 'shell'])
  const search = route.useSearch()
  const navigate = useNavigate()
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
        onChoose={onChoose}
      />
    </Stack>
  )
})
