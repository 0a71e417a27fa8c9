import type { Booking, MadeBooking, Slot } from '@holdfast/contract/client'
import { type AppointmentType, lengths, localDay } from '@holdfast/vocabulary'
import { Box, Button, Group, NativeSelect, Stack, Text, Textarea, Title } from '@mantine/core'
import { type UseFormReturnType, useForm } from '@mantine/form'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type KeyboardEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMarkRefused } from '../../../domain/contacts/use-mark-refused.ts'
import { isOverlap, LazyOverlapQuestion } from '../../../domain/overlap/lazy-overlap-question.tsx'
import { refuseOverlap } from '../../../domain/overlap/refuse-overlap.ts'
import { SlotPicker } from '../../../domain/slots/slot-picker.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { RefusedError, refusalCode, refusedContact } from '../../../lib/api/api-error.ts'
import { createRequestKeys } from '../../../lib/api/request-keys.ts'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { slotsKey } from '../../../lib/queries/slots-query.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { useTitleFocusAfter } from '../../../ui/focus/use-title-focus-after.ts'
import layoutClasses from '../../../ui/layout.module.css'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import adminClasses from '../admin.module.css'
import { clinicBookingQuery } from '../clinic-booking-query.ts'
import { ContactFields, LanguageField, useContactRules } from '../contact-fields.tsx'
import { OtherAppointments } from '../other-appointments.tsx'
import type { Contact } from '../patient-correction.ts'
import { useClinic } from '../use-clinic.ts'
import { Booked } from './booked.tsx'
import type { KnownPatient } from './distinct-patients.ts'
import { KnownPatients } from './known-patients.tsx'

const route = getRouteApi('/clinic/$clinicId/book')

type PatientDraft = Contact & {
  reason: string
  type: AppointmentType
  units: number
}
/** The fields by which a patient is found. */
const patientFields = ['name', 'phone', 'email'] as const
const emptyPatient: PatientDraft = {
  name: '',
  email: '',
  phone: '',
  language: '',
  reason: '',
  type: 'in_person',
  units: 1,
}

/**
 * Staff book for a patient who calls or comes in: they choose a time, and enter the patient unless a booking has one.
 */
export function BookPage() {
  const { clinicId } = useClinic()
  const { forBooking } = route.useSearch()
  const former = useQuery({
    ...clinicBookingQuery(clinicId, forBooking ?? ''),
    enabled: forBooking !== undefined,
    // What is typed meanwhile stays.
    refetchInterval: false,
  })
  if (forBooking === undefined) return <BookForm key="new" former={null} />
  if (former.data === undefined) return <LoadingOrError of={former} />
  return <BookForm key={forBooking} former={former.data} />
}

function draftOf({ patient, reason, appointmentType, units }: Booking): PatientDraft {
  const { name, email = '', phone = '', language = '' } = patient
  return { name, email, phone, language, reason: reason ?? '', type: appointmentType, units }
}

/** @param former the booking whose patient gets another one; null: none */
function BookForm({ former }: { former: Booking | null }) {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone, today } = useClinic()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const bookable = doctors.filter(({ active }) => active)
  const [doctorId, setDoctorId] = useState(search.doctorId ?? bookable[0]?.id ?? '')
  const [chosen, setChosen] = useState<Slot | null>(null)
  // Another appointment of the same patient is often in the same week.
  const [firstDay, setFirstDay] = useState(today)
  const [typed, setTyped] = useState('')
  const form = usePatientForm(former === null ? emptyPatient : draftOf(former), (values, before) => {
    const field = patientFields.find((one) => values[one] !== before[one])
    if (field !== undefined) setTyped(values[field])
  })
  const patient = form.getValues()
  const booking = useBook(clinicId, form, former)
  const addsPlaces = chosen !== null && chosen.available < patient.units
  useTitleFocusAfter(booking.isSuccess)
  if (bookable.length === 0) return <NoDoctors />
  const types = doctors.find(({ id }) => id === (chosen?.doctorId ?? doctorId))?.appointmentTypes ?? []
  const type = types.includes(patient.type) ? patient.type : (types[0] ?? 'in_person')
  const asked = booking.variables
  // Another time or patient is asked about anew.
  const isAsked = asked?.slot === chosen && patientFields.every((field) => asked?.patient[field] === patient[field])
  const again = (isForSame: boolean) => {
    setFirstDay(isForSame && booking.data ? localDay(booking.data.startsAt, timeZone) : today)
    booking.reset()
    setChosen(null)
    form.setValues(isForSame ? { ...patient, reason: '' } : emptyPatient)
    setTyped('')
    // Otherwise the former patient is filled in when the page is loaded again.
    if (isForSame) return
    void navigate({ search: { doctorId }, replace: true })
  }
  if (booking.data) return <Booked booking={booking.data} name={patient.name} onAgain={again} />
  return (
    <Stack gap="lg">
      <PageTitle>{t('book.title')}</PageTitle>
      {former === null ? null : <OtherAppointments of={former} />}
      <div className={adminClasses.two}>
        <section className={layoutClasses.panel} aria-labelledby="book-when">
          <Title order={2} size="h3" mb="md" id="book-when">
            {t('book.when')}
          </Title>
          <SlotPicker
            doctors={doctors}
            doctorId={doctorId}
            onDoctor={setDoctorId}
            timeZone={timeZone}
            chosen={chosen}
            onChoose={setChosen}
            firstDay={firstDay}
            units={patient.units}
            canShowFull
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
            onKnown={({ language, ...contact }) => {
              const known = { ...contact, language: language ?? ('' as const) }
              form.setValues(contact.name === patient.name ? known : { ...known, units: 1 })
              setTyped('')
            }}
            isPending={booking.isPending}
            onBook={(draft) => {
              if (chosen === null) return
              booking.mutate(
                { slot: chosen, patient: { ...draft, type }, addsPlaces },
                // Now a place can be added. The button does not change by itself while somebody is about to press it.
                {
                  onError: (error) =>
                    refusalCode(error) === 'slot_full' &&
                    setChosen((now) => (now?.id === chosen.id ? { ...now, available: 0 } : now)),
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

/** @param onValuesChange called with the values after and before a change */
function usePatientForm(
  initialValues: PatientDraft,
  onValuesChange: (values: PatientDraft, before: PatientDraft) => void,
) {
  return useForm<PatientDraft>({
    initialValues,
    onValuesChange,
    validate: useContactRules(),
  })
}

type Wanted = { slot: Slot; patient: PatientDraft; mayOverlap?: boolean; addsPlaces: boolean }

/** @param former the booking whose account gets the new one, unless another patient is entered */
function useBook(clinicId: string, form: UseFormReturnType<PatientDraft>, former: Booking | null) {
  const queryClient = useQueryClient()
  const [requestKeys] = useState(createRequestKeys)
  return useMutation({
    mutationFn: ({ slot, patient, mayOverlap = false, addsPlaces }: Wanted): Promise<MadeBooking> => {
      const { name, email, phone, language, reason, type, units } = patient
      const body = {
        slotId: slot.id,
        units,
        patient: {
          name: name.trim(),
          ...(email.trim() === '' ? {} : { email: email.trim() }),
          ...(phone.trim() === '' ? {} : { phone: phone.trim() }),
          ...(language === '' ? {} : { language }),
        },
        appointmentType: type,
        ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
        confirm: true,
        onBehalf: true,
        ...(addsPlaces ? { addsPlaces } : {}),
        ...(former === null ? {} : { formerBookingId: former.id }),
        ...refuseOverlap(mayOverlap),
      }
      return dataOf(api.createBooking({ body, headers: { 'Idempotency-Key': requestKeys.keyFor(body) } }))
    },
    // The next request may have the same content, and is another booking.
    onSuccess: () => requestKeys.clear(),
    onError: useMarkRefused(form),
    onSettled: async (_booking, _error, { slot }) => {
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
      await queryClient.invalidateQueries({ queryKey: slotsKey(slot.doctorId) })
    },
  })
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
      <Alternatives error={error} timeZone={timeZone} onChoose={onChoose} />
    </Stack>
  )
}

type AlternativesProps = { error: Error; timeZone: string; onChoose: (slot: Slot) => void }

function Alternatives({ error, timeZone, onChoose }: AlternativesProps) {
  const { t } = useTranslation('admin')
  const found = error instanceof RefusedError ? (error.problem.alternatives ?? []) : []
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

type PatientFormProps = {
  form: UseFormReturnType<PatientDraft>
  types: readonly PatientDraft['type'][]
  type: PatientDraft['type']
  when: string | null
  /** The slot has too few free places, and gets those that are missing. */
  addsPlaces: boolean
  /** What was typed last into one of the fields by which a patient is found. */
  typed: string
  onKnown: (known: KnownPatient) => void
  isPending: boolean
  onBook: (patient: PatientDraft) => void
}

function PatientForm({ form, types, type, when, addsPlaces, typed, onKnown, isPending, onBook }: PatientFormProps) {
  const { t } = useTranslation(['admin', 'schedule', 'shell'])
  const known = useRef<HTMLDivElement>(null)
  const { units } = form.getValues()
  const submitKey = !addsPlaces ? 'book.submit' : units > 1 ? 'book.addPlaces' : 'book.addPlace'
  // Enter books nobody by half a name: it leads to the patients who are found, as an arrow does, or to the last button.
  const leadOn = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== 'ArrowDown') return
    event.preventDefault()
    const submit = event.key === 'Enter' ? event.currentTarget.closest('form')?.querySelector('[type=submit]') : null
    const next = known.current?.querySelector('button') ?? submit
    if (next instanceof HTMLElement) next.focus()
  }
  return (
    <form
      onSubmit={form.onSubmit(onBook, (errors) => form.getInputNode(Object.keys(errors)[0] ?? '')?.focus())}
      noValidate
    >
      <Stack gap="md">
        <Stack gap="md" onKeyDown={leadOn}>
          <ContactFields form={form} />
        </Stack>
        <KnownPatients typed={typed} onChoose={onKnown} ref={known} />
        {units > 1 ? <Text>{t('schedule:units', { count: units })}</Text> : null}
        {types.length > 1 ? (
          <NativeSelect
            label={t('column.appointmentType')}
            {...form.getInputProps('type')}
            value={type}
            data={types.map((one) => ({ value: one, label: t(`shell:appointmentType.${one}`) }))}
          />
        ) : null}
        <LanguageField {...form.getInputProps('language')} />
        <Textarea
          label={t('field.reason')}
          maxLength={lengths.reason}
          autosize
          minRows={2}
          {...form.getInputProps('reason')}
        />
        {addsPlaces ? <Text role="status">{t('schedule:picker.addPlaceHelp')}</Text> : null}
        <Group>
          <ActionButton type="submit" disabled={when === null} isBusy={isPending}>
            {when === null ? t('book.choose') : t(submitKey, { when })}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}
