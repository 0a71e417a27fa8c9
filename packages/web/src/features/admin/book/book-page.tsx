import type { Booking, Slot } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Box, Button, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
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
import { clinicBookingQuery } from '../clinic-booking-query.ts'
import { OtherAppointments } from '../other-appointments.tsx'
import { patientQuery } from '../patient-queries.ts'
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
import { useBook } from './use-book.ts'
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
  const visits = useVisitTypeChoice(former?.visitTypeId)
  const { visitType } = visits
  // Another appointment of the same patient is often in the same week.
  const [firstDay, setFirstDay] = useState(today)
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
  const addsPlaces = visitType === undefined && chosen !== null && chosen.available < patient.units
  useTitleFocusAfter(booking.isSuccess)
  if (bookable.length === 0) return <NoDoctors />
  const types = visits.typesOf(doctors.find(({ id }) => id === (chosen?.doctorId ?? doctorId)))
  const type = types.includes(patient.type) ? patient.type : (types[0] ?? 'in_person')
  const { data: made, variables: asked } = booking
  const isAsked = asked !== undefined && isSame(asked, { slot: chosen, patient, patientId: record?.id ?? null })
  const again = (isForSame: boolean) => {
    setFirstDay(isForSame && made ? localDay(made.startsAt, timeZone) : today)
    booking.reset()
    setChosen(null)
    form.setValues(isForSame ? { ...patient, reason: '' } : emptyPatient)
    setTyped('')
    // Otherwise the former patient is filled in when the page is loaded again.
    if (isForSame) return setRecord(record)
    void navigate({ search: { doctorId }, replace: true })
  }
  if (made) return <Booked booking={made} visitType={asked?.visitType} name={patient.name} onAgain={again} />
  return (
    <Stack gap="lg">
      <PageTitle>{t('book.title')}</PageTitle>
      {former === null ? null : <OtherAppointments of={former} />}
      <div className={adminClasses.two}>
        <section className={layoutClasses.panel} aria-labelledby="book-when">
          <Title order={2} size="h3" mb="md" id="book-when">
            {t('book.when')}
          </Title>
          <VisitTypeField
            choice={visits}
            onChange={() => {
              setChosen(null)
              booking.reset()
            }}
          />
          <SlotPicker
            {...{ doctorId, timeZone, chosen, firstDay, visitType }}
            doctors={visits.doctors}
            ofClinic={clinicId}
            onDoctor={setDoctorId}
            onChoose={setChosen}
            units={visitType === undefined ? patient.units : 1}
            canShowFull={visitType === undefined}
          />
        </section>
        <section className={layoutClasses.panel} aria-labelledby="book-who">
          <Title order={2} size="h3" mb="md" id="book-who">
            {t('book.patient')}
          </Title>
          <PatientForm
            form={form}
            types={types}
            type={type}
            when={chosen === null ? null : formatDayTime(chosen.startsAt, timeZone)}
            addsPlaces={addsPlaces}
            typed={typed}
            record={record}
            onKnown={({ language, record: chosenRecord = null, ...contact }) => {
              const values = { ...contact, language: language ?? ('' as const) }
              form.setValues(contact.name === patient.name ? values : { ...values, units: 1 })
              setRecord(chosenRecord)
              setTyped('')
            }}
            isPending={booking.isPending}
            onBook={(draft) => {
              if (chosen === null) return
              booking.mutate(
                { slot: chosen, visitType, patient: { ...draft, type }, patientId: record?.id ?? null, addsPlaces },
                // Now a place can be added. The button does not change by itself while somebody is about to press it.
                {
                  onError: (error) =>
                    refusalCode(error) === 'slot_full' &&
                    setChosen((now) => (visitType || now?.id !== chosen.id ? null : { ...now, available: 0 })),
                },
              )
            }}
          />
          <Refused booking={booking} isAsked={isAsked} timeZone={timeZone} onChoose={setChosen} />
        </section>
      </div>
    </Stack>
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
  if (error === null || refusedContact(error) !== null) return null
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
