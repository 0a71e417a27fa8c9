import type { AppointmentType, Clinic, Doctor } from '@holdfast/contract/client'
import { Box, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { lazy, memo, Suspense, useDeferredValue, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { ClinicLogo } from '../../domain/clinics/clinic-logo.tsx'
import type { ChosenSlot } from '../../domain/free-times/no-times.tsx'
import { firstDayOf } from '../../domain/free-times/slots-of-week-query.ts'
import { useStable } from '../../domain/free-times/use-stable.ts'
import { WeekOfTimes } from '../../domain/free-times/week-of-times.tsx'
import { attemptToHold, setActiveAttempt } from '../../domain/hold/active-attempt.ts'
import { type Details, detailsOf, holderOf } from '../../domain/hold/attempt.ts'
import { formatLanguages, formatLongDayTime, formatMoney } from '../../lib/i18n/format.ts'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { specializationName } from '../../lib/i18n/specialization-name.ts'
import { clinicQuery, doctorQuery } from '../../lib/queries/directory-queries.ts'
import { keptFragment } from '../../lib/secret-links/use-hidden-fragment.ts'
import { useSession } from '../../lib/session/session.ts'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import classes from './booking.module.css'
import { ClinicPlace } from './clinic-place.tsx'
import { ExpiredPanel, RequestingPanel } from './hold-outcomes.tsx'
import type { HoldState } from './hold-state.ts'
import { useEarlierDetails } from './use-earlier-details.ts'
import type { Hold } from './use-hold.ts'
import { useShownHold } from './use-shown-hold.ts'
import type { WeekSearch } from './week-search.ts'

const route = getRouteApi('/doctors/$doctorId')

/** It is loaded once the times are shown: before that, nobody has chosen one. */
const loadHeldPanel = () => import('./held-panel.tsx')
const HeldPanel = lazy(async () => ({ default: (await loadHeldPanel()).HeldPanel }))
/** Few need them, so they are not part of the first load. */
const UnavailablePanel = lazy(async () => ({ default: (await import('./unavailable-panel.tsx')).UnavailablePanel }))
const WantedTime = lazy(async () => ({ default: (await import('./wanted-time.tsx')).WantedTime }))
/** Shown for doctors with open sessions. */
const VisitChoice = lazy(async () => {
  const [{ VisitChoice: shown }] = await Promise.all([import('./visits/visit-choice.tsx'), loadTexts('visits')])
  return { default: shown }
})
const AwaitingLink = lazy(async () => ({ default: (await import('./awaiting-link.tsx')).AwaitingLink }))

/** Shown for doctors who take no bookings. */
const NoBookings = lazy(async () => ({
  default: (await import('../../domain/free-times/no-bookings.tsx')).NoBookings,
}))

/** A doctor's page: from choosing a time to the ticket. */
export function BookingPage() {
  const { doctorId } = route.useParams()
  const doctor = useSuspenseQuery(doctorQuery(doctorId)).data
  return (
    <Stack gap="xs">
      <AboutDoctor doctor={doctor} />
      {/* The doctor is shown while the clinic is loaded; what comes below appears in one piece. */}
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
      <ClinicLogo clinic={clinic} />
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
  const { hold, isChoosing, show, leave } = useShownHold(doctor.id)
  const session = useSession()
  const earlier = useEarlierDetails()
  const { state } = hold
  // Hundreds of times are hidden with the press, and taken apart when the response has arrived.
  const isAway = useDeferredValue(!isChoosing)
  const type = doctor.appointmentTypes.find((one) => one === search.type) ?? doctor.appointmentTypes[0] ?? 'in_person'
  const from = search.from ?? firstDayOf(doctor, clinic)

  const choose = (slot: ChosenSlot, units?: number) => {
    const me = session.kind === 'account' ? session.me : null
    const details = 'attempt' in state ? state.attempt.details : (earlier ?? detailsOf(me))
    const { doctorId, appointmentType = type } = slot
    const wanted = { slot, doctorId, appointmentType, ...(units === undefined ? {} : { units }) }
    const request = { ...wanted, holder: holderOf(me), details }
    if (doctorId === doctor.id) {
      hold.take(request)
      show()
      return
    }
    // The other doctor's page reads the attempt from the storage.
    setActiveAttempt(attemptToHold(request))
    void navigate({ to: '/doctors/$doctorId', params: { doctorId }, state: { hold: true } })
  }

  const onChoose = useStable(choose)
  useEffect(() => void loadHeldPanel().catch(() => undefined), [])
  const release = () => {
    hold.release()
    leave()
  }
  return (
    <>
      {isChoosing || state.kind === 'choosing' ? null : (
        <Outcome state={state} hold={{ ...hold, release }} doctor={doctor} clinic={clinic} onChoose={onChoose} />
      )}
      {isChoosing || !isAway ? (
        <div hidden={!isChoosing}>
          {doctor.active ? (
            <Choice doctor={doctor} clinic={clinic} type={type} from={from} earlier={earlier} onChoose={onChoose} />
          ) : (
            <NoBookings doctor={doctor} clinic={clinic} />
          )}
        </div>
      ) : null}
    </>
  )
}

type OutcomeProps = {
  state: Exclude<HoldState, { kind: 'choosing' }>
  hold: Hold
  doctor: Doctor
  clinic: Clinic
  onChoose: (slot: ChosenSlot) => void
}

/** The state of the attempt. */
function Outcome({ state, hold, doctor, clinic, onChoose }: OutcomeProps) {
  const { t } = useTranslation('booking')
  const timeZone = clinic.timezone
  const { startsAt } = state.attempt.slot
  const when = formatLongDayTime(startsAt, timeZone)
  switch (state.kind) {
    case 'held': {
      const held = { state, hold, when, doctor, clinic }
      return (
        <Suspense fallback={null}>
          {state.link === null ? <HeldPanel {...held} /> : <AwaitingLink {...held} link={state.link} />}
        </Suspense>
      )
    }
    case 'expired':
      return <ExpiredPanel state={state} hold={hold} when={when} />
    case 'requesting':
      return <RequestingPanel state={state} hold={hold} when={when} />
    case 'unavailable':
      return (
        <Suspense fallback={null}>
          <UnavailablePanel
            state={state}
            hold={hold}
            when={when}
            timeZone={timeZone}
            onChoose={onChoose}
            doctorId={doctor.id}
          />
        </Suspense>
      )
    case 'confirmed':
      return <Text role="status">{t('confirmed')}</Text>
  }
}

type ChoiceProps = {
  doctor: Doctor
  clinic: Clinic
  type: AppointmentType
  from: string
  /** The details with which a time is booked instead of an earlier one; see {@link useEarlierDetails}. */
  earlier: Details | null | undefined
  onChoose: (slot: ChosenSlot, units?: number) => void
}

/** The choice of the appointment type and the time. */
const Choice = memo(({ doctor, clinic, type, from, earlier, onChoose }: ChoiceProps) => {
  const { t } = useTranslation(['booking', 'shell'])
  const { slot: slotId, units = 1, ...search } = route.useSearch()
  const navigate = useNavigate()
  const showOther = (part: Partial<WeekSearch>) => {
    const next = { ...search, ...part }
    void navigate({ from: route.id, search: next, state: keptFragment, replace: true, resetScroll: false })
  }
  const slots = (
    <>
      {doctor.appointmentTypes.length > 1 ? (
        <SegmentedControl
          aria-label={t('type')}
          style={{ alignSelf: 'flex-start' }}
          value={type}
          onChange={(value) => {
            const next = doctor.appointmentTypes.find((one) => one === value)
            if (next) showOther({ type: next })
          }}
          data={doctor.appointmentTypes.map((value) => ({ value, label: t(`shell:appointmentType.${value}`) }))}
        />
      ) : null}
      <WeekOfTimes
        doctorId={doctor.id}
        clinic={clinic}
        from={from}
        onFrom={(next) => showOther({ from: next })}
        onChoose={onChoose}
        onColleague={onChoose}
      />
    </>
  )
  return (
    <Stack gap="lg">
      {slotId === undefined ? null : (
        <Suspense fallback={<Skeleton height="5rem" radius="lg" />}>
          <WantedTime
            slotId={slotId}
            units={units}
            clinic={clinic}
            from={from}
            earlier={earlier}
            onChoose={onChoose}
            doctorId={doctor.id}
          />
        </Suspense>
      )}
      {doctor.hasOpenSessions ? (
        <Suspense fallback={<Skeleton height="24rem" radius="lg" />}>
          <VisitChoice doctor={doctor} clinic={clinic} onChoose={onChoose}>
            {slots}
          </VisitChoice>
        </Suspense>
      ) : (
        slots
      )}
    </Stack>
  )
})

/** The doctor's details and fee. */
function AboutDoctor({ doctor }: { doctor: Doctor }) {
  const { t } = useTranslation('booking')
  return (
    <Stack gap="xs">
      <div>
        <PageTitle>{doctor.name}</PageTitle>
        <Text size="lg" c="dimmed">
          {specializationName(doctor)}
        </Text>
      </div>
      <ul className={classes.facts}>
        {/* What is booked in open sessions has its own. */}
        {doctor.fee === null || doctor.hasOpenSessions ? null : (
          <li>{t('about.fee', { fee: formatMoney(doctor.fee) })}</li>
        )}
        {doctor.experienceYears === null ? null : <li>{t('about.experience', { count: doctor.experienceYears })}</li>}
        {doctor.languages.length === 0 ? null : <li>{formatLanguages(doctor.languages)}</li>}
      </ul>
    </Stack>
  )
}
