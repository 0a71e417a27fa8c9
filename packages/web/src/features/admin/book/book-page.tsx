import type { Booking, Slot, VisitType } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Box, Button, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isShownAtQuestion } from '../../../domain/answers/use-asked.ts'
import { isOverlap, LazyOverlapQuestion } from '../../../domain/overlap/lazy-overlap-question.tsx'
import { SlotPicker } from '../../../domain/slots/slot-picker.tsx'
import { useNearbyTimes } from '../../../domain/visits/use-nearby-times.ts'
import { RefusedError, refusalCode, refusedContact } from '../../../lib/api/api-error.ts'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { useTitleFocusAfter } from '../../../ui/focus/use-title-focus-after.ts'
import layoutClasses from '../../../ui/layout.module.css'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import adminClasses from '../admin.module.css'
import { clinicBookingQuery } from '../shared/booking/clinic-booking-query.ts'
import { OtherAppointments } from '../shared/patient/other-appointments.tsx'
import { patientQuery } from '../shared/patient/patient-queries.ts'
import { useClinic } from '../use-clinic.ts'
import { Booked } from './booked.tsx'
import { type KnownRecord, patientOfRecord } from './distinct-patients.ts'
import {
  draftOf,
  emptyPatient,
  type PatientDraft,
  PatientForm,
  patientFields,
  usePatientForm,
} from './patient-form.tsx'
import { RepeatPanel } from './repeat-panel.tsx'
import { SeriesBooked } from './series-booked.tsx'
import { SeriesRefused } from './series-refused.tsx'
import { useBook, useBookSeries } from './use-book.ts'
import { type Repeat, useRepeat } from './use-repeat.ts'
import { useVisitTypeChoice, VisitTypeField } from './visit-type-field.tsx'

const route = getRouteApi('/clinic/$clinicId/book')

/**
 * Staff book for a patient who calls or comes in: they choose a time, and enter the patient unless a booking has one.
 */
export function BookPage() {
  const { clinicId } = useClinic()
  const { forBooking, patientId } = route.useSearch()
  const known = useQuery({ ...patientQuery(clinicId, patientId ?? ''), enabled: patientId !== undefined })
  const former = useQuery({
    ...clinicBookingQuery(clinicId, forBooking ?? ''),
    enabled: forBooking !== undefined,
    // What is typed meanwhile stays.
    refetchInterval: false,
  })
  if (patientId !== undefined) {
    if (known.data === undefined) return <LoadingOrError of={known} />
    return <BookForm key={patientId} former={null} known={known.data} />
  }
  if (forBooking === undefined) return <BookForm key="new" former={null} known={null} />
  if (former.data === undefined) return <LoadingOrError of={former} />
  return <BookForm key={forBooking} former={former.data} known={null} />
}

type BookFormProps = {
  /** The booking whose patient gets another one; null: none. */
  former: Booking | null
  /** The record whose patient gets one; null: none. */
  known: KnownRecord | null
}

function BookForm({ former, known }: BookFormProps) {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone, today } = useClinic()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const bookable = doctors.filter(({ active }) => active)
  const [doctorId, setDoctorId] = useState(search.doctorId ?? bookable[0]?.id ?? '')
  const [chosen, setChosen] = useState<Slot | null>(null)
  const visits = useVisitTypeChoice(former?.visitTypeId, doctorId, search)
  const { visitType } = visits
  // Another appointment of the same patient is often in the same week.
  const [firstDay, setFirstDay] = useState(search.at === undefined ? today : localDay(Date.parse(search.at), timeZone))
  const [typed, setTyped] = useState('')
  const [record, setRecord] = useState(known)
  const form = usePatientForm(initialPatient(former, known), (values, before) => {
    // Somebody else is entered.
    if (values.name !== before.name) setRecord(null)
    const field = patientFields.find((one) => values[one] !== before[one])
    if (field !== undefined) setTyped(values[field])
  })
  const patient = form.getValues()
  const booking = useBook(clinicId, form, former)
  const seriesBooking = useBookSeries(clinicId, form, former)
  const addsPlaces = visitType === undefined && chosen !== null && chosen.available < patient.units
  useTitleFocusAfter(booking.isSuccess || seriesBooking.isSuccess)
  const types = visits.typesOf(doctors.find(({ id }) => id === (chosen?.doctorId ?? doctorId)))
  const type = types.includes(patient.type) ? patient.type : (types[0] ?? 'in_person')
  const repeat = useRepeat({ slot: chosen, visitType, type, timeZone })
  if (bookable.length === 0) return <NoDoctors />
  const { data: made, variables: wanted } = booking
  const isAsked = wanted !== undefined && isSame(wanted, { slot: chosen, patient, patientId: record?.id ?? null })
  const isSeries = repeat.draft !== null && chosen !== null && patient.units === 1
  const again = (isForSame: boolean) => {
    setFirstDay(isForSame && made ? localDay(made.startsAt, timeZone) : today)
    for (const one of [booking, seriesBooking, repeat]) one.reset()
    setChosen(null)
    form.setValues(isForSame ? { ...patient, reason: '', answers: {} } : emptyPatient)
    setTyped('')
    // Otherwise the former patient is filled in when the page is loaded again.
    if (isForSame) return setRecord(record)
    void navigate({ search: { doctorId }, replace: true })
  }
  if (seriesBooking.data) return <SeriesBooked series={seriesBooking.data} name={patient.name} onAgain={again} />
  if (made) return <Booked booking={made} visitType={wanted?.visitType} name={patient.name} onAgain={again} />
  return (
    <Stack gap="lg">
      <PageTitle>{t('book.title')}</PageTitle>
      {former === null ? null : <OtherAppointments of={former} />}
      <div className={adminClasses.two}>
        <WhenSection
          {...{ doctorId, chosen, firstDay, visits, repeat }}
          wanted={doctorId === search.doctorId ? search.at : undefined}
          units={patient.units}
          onType={() => {
            setChosen(null)
            booking.reset()
          }}
          onDoctor={setDoctorId}
          onChoose={setChosen}
        />
        <Part id="book-who" title={t('book.patient')}>
          <PatientForm
            {...{ form, types, type, visitType, typed, record }}
            addsPlaces={addsPlaces && !isSeries}
            when={chosen === null ? null : formatDayTime(chosen.startsAt, timeZone)}
            series={isSeries ? { isReady: repeat.plan !== null } : undefined}
            error={booking.error ?? seriesBooking.error}
            onKnown={({ language, record: chosenRecord = null, ...contact }) => {
              const values = { ...contact, language: language ?? ('' as const) }
              form.setValues(contact.name === patient.name ? values : { ...values, units: 1 })
              setRecord(chosenRecord)
              setTyped('')
            }}
            isPending={booking.isPending || seriesBooking.isPending}
            onBook={(draft) => {
              if (chosen === null) return
              const whose = { patient: { ...draft, type }, patientId: record?.id ?? null }
              if (isSeries) return repeat.plan && seriesBooking.mutate({ plan: repeat.plan, visitType, ...whose })
              const onError = (error: Error) =>
                refusalCode(error) === 'slot_full' && setChosen(withoutPlaces(chosen, visitType))
              booking.mutate({ slot: chosen, visitType, addsPlaces, ...whose }, { onError })
            }}
          />
          <Refused booking={booking} isAsked={isAsked} timeZone={timeZone} onChoose={setChosen} />
          {seriesBooking.isError ? <SeriesRefused booking={seriesBooking} /> : null}
        </Part>
      </div>
    </Stack>
  )
}

/** Now a place can be added. The button does not change by itself while somebody is about to press it. */
function withoutPlaces(slot: Slot, visitType: VisitType | undefined) {
  return (now: Slot | null) => (visitType || now?.id !== slot.id ? null : { ...now, available: 0 })
}

function Part({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section className={layoutClasses.panel} aria-labelledby={id}>
      <Title order={2} size="h3" mb="md" id={id}>
        {title}
      </Title>
      {children}
    </section>
  )
}

type WhenProps = {
  doctorId: string
  chosen: Slot | null
  firstDay: string
  /** The time that was chosen before the page was opened. */
  wanted: string | undefined
  visits: ReturnType<typeof useVisitTypeChoice>
  repeat: Repeat
  units: number
  onType: () => void
  onDoctor: (doctorId: string) => void
  onChoose: (slot: Slot | null) => void
}

/** What is booked when, once or again and again. */
function WhenSection({ visits, repeat, units, onType, onDoctor, onChoose, ...picked }: WhenProps) {
  const { t } = useTranslation('admin')
  const { clinicId, timeZone } = useClinic()
  const { visitType, doctors } = visits
  const { chosen } = picked
  return (
    <Part id="book-when" title={t('book.when')}>
      {picked.wanted === undefined ? null : (
        <Text mb="md">{t('book.wanted', { when: formatDayTime(picked.wanted, timeZone) })}</Text>
      )}
      <VisitTypeField choice={visits} onChange={onType} />
      <SlotPicker
        {...{ ...picked, timeZone, visitType, doctors, onDoctor, onChoose }}
        ofClinic={clinicId}
        units={visitType === undefined ? units : 1}
        canShowFull={visitType === undefined}
      />
      {chosen === null || units > 1 ? null : (
        <RepeatPanel repeat={repeat} startsAt={chosen.startsAt} timeZone={timeZone} />
      )}
    </Part>
  )
}

type Asked = { slot: Slot | null; patient: PatientDraft; patientId: string | null }

/** Another time, patient or record is asked about anew. */
function isSame(asked: Asked, { slot, patient, patientId }: Asked): boolean {
  return (
    asked.slot === slot &&
    asked.patientId === patientId &&
    patientFields.every((field) => asked.patient[field] === patient[field])
  )
}

function initialPatient(former: Booking | null, known: KnownRecord | null): PatientDraft {
  if (known === null) return former === null ? emptyPatient : draftOf(former)
  const { record: _record, language = '', ...contact } = patientOfRecord(known)
  return { ...emptyPatient, ...contact, language }
}

function NoDoctors() {
  const { t } = useTranslation('admin')
  const { clinicId, isAdmin } = useClinic()
  return (
    <>
      <PageTitle>{t('book.title')}</PageTitle>
      <EmptyState title={t('book.noDoctors')} help={t(isAdmin ? 'book.noDoctorsHelp' : 'book.noDoctorsHelpStaff')}>
        {isAdmin ? (
          <LinkButton to="/clinic/$clinicId/doctors" params={{ clinicId }}>
            {t('tabs.doctors')}
          </LinkButton>
        ) : null}
      </EmptyState>
    </>
  )
}

type RefusedProps = {
  booking: ReturnType<typeof useBook>
  /** What was refused is what the form has. */
  isAsked: boolean
  timeZone: string
  onChoose: (slot: Slot | null) => void
}

/** Why the booking was refused, and what can be done instead. */
function Refused({
  booking: { error, variables, isPending, mutate, reset },
  isAsked,
  timeZone,
  onChoose,
}: RefusedProps) {
  if (isOverlap(error)) {
    if (variables === undefined || !isAsked) return null
    return (
      <Box mt="md">
        <LazyOverlapQuestion
          error={error}
          asked="desk"
          what="book"
          timeZone={timeZone}
          isBusy={isPending}
          onProceed={() => mutate({ ...variables, mayOverlap: true })}
          onOther={() => {
            reset()
            onChoose(null)
          }}
        />
      </Box>
    )
  }
  if (error === null || refusedContact(error) !== null || isShownAtQuestion(error)) return null
  return (
    <Stack mt="md" gap="sm">
      <ErrorState error={error} />
      {variables?.visitType === undefined ? (
        <Alternatives
          found={error instanceof RefusedError ? (error.problem.alternatives ?? []) : []}
          timeZone={timeZone}
          onChoose={onChoose}
        />
      ) : isTaken(error) ? (
        <NearbyVisits
          slot={variables.slot}
          visitTypeId={variables.visitType.id}
          timeZone={timeZone}
          onChoose={onChoose}
        />
      ) : null}
    </Stack>
  )
}

/** Whether nothing can be booked at that time any more. */
const isTaken = (error: Error) => ['slot_full', 'slot_closed'].includes(refusalCode(error) ?? '')

type NearbyVisitsProps = Omit<AlternativesProps, 'found'> & { slot: Slot; visitTypeId: string }

function NearbyVisits({ slot: { doctorId, startsAt }, visitTypeId, timeZone, onChoose }: NearbyVisitsProps) {
  const found = useNearbyTimes({ doctorId, visitTypeId, startsAt, timeZone, byDesk: true })
  return <Alternatives found={found} timeZone={timeZone} onChoose={onChoose} />
}

type AlternativesProps = { found: readonly Slot[]; timeZone: string; onChoose: (slot: Slot) => void }

function Alternatives({ found, timeZone, onChoose }: AlternativesProps) {
  const { t } = useTranslation('admin')
  if (found.length === 0) return null
  return (
    <div>
      <Text mb={6}>{t('book.alternatives')}</Text>
      <div className={layoutClasses.actions}>
        {found.map((slot) => (
          <Button key={slot.id} size="sm" variant="default" onClick={() => onChoose(slot)}>
            {formatDayTime(slot.startsAt, timeZone)}
          </Button>
        ))}
      </div>
    </div>
  )
}
