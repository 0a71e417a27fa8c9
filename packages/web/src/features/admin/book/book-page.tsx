import type { MadeBooking, Slot } from '@holdfast/contract/client'
import { Button, Group, NativeSelect, Stack, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../../lib/api.ts'
import { RefusedError } from '../../../lib/api-error.ts'
import { clinicKey } from '../../../lib/clinic-queries.ts'
import { formatDayTime } from '../../../lib/format.ts'
import { slotsKey } from '../../../lib/slots-query.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { ErrorState } from '../../../ui/error-state.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { LinkButton } from '../../../ui/link-button.tsx'
import { PageTitle } from '../../../ui/page-title.tsx'
import adminClasses from '../admin.module.css'
import { SlotPicker } from '../slot-picker.tsx'
import { useClinic } from '../use-clinic.ts'
import { Booked } from './booked.tsx'

const route = getRouteApi('/clinic/$clinicId/book')

type PatientDraft = { name: string; email: string; phone: string; reason: string; type: 'in_person' | 'video' }
const nobody: PatientDraft = { name: '', email: '', phone: '', reason: '', type: 'in_person' }

/** Reception books for somebody who called or came: choose a time, say who, done. */
export function BookPage() {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone } = useClinic()
  const search = route.useSearch()
  const bookable = doctors.filter(({ active }) => active)
  const [doctorId, setDoctorId] = useState(search.doctorId ?? bookable[0]?.id ?? '')
  const [chosen, setChosen] = useState<Slot | null>(null)
  const [patient, setPatient] = useState<PatientDraft>(nobody)
  const booking = useBook(clinicId)
  if (bookable.length === 0) {
    return (
      <>
        <PageTitle>{t('book.title')}</PageTitle>
        <EmptyState title={t('book.noDoctors')}>
          <LinkButton to="/clinic/$clinicId/doctors" params={{ clinicId }}>
            {t('tabs.doctors')}
          </LinkButton>
        </EmptyState>
      </>
    )
  }
  const types = doctors.find(({ id }) => id === (chosen?.doctorId ?? doctorId))?.appointmentTypes ?? []
  const type = types.includes(patient.type) ? patient.type : (types[0] ?? 'in_person')
  const again = () => {
    booking.reset()
    setChosen(null)
    setPatient(nobody)
  }
  if (booking.data) return <Booked booking={booking.data} name={patient.name} onAgain={again} />
  return (
    <Stack gap="lg">
      <PageTitle>{t('book.title')}</PageTitle>
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
          />
        </section>
        <section className={layoutClasses.panel} aria-labelledby="book-who">
          <Title order={2} size="h3" mb="md" id="book-who">
            {t('book.patient')}
          </Title>
          <PatientForm
            patient={patient}
            types={types}
            type={type}
            when={chosen === null ? null : formatDayTime(chosen.startsAt, timeZone)}
            isPending={booking.isPending}
            onChange={(part) => setPatient({ ...patient, ...part })}
            onBook={() => {
              if (chosen !== null) booking.mutate({ slot: chosen, patient: { ...patient, type } })
            }}
          />
          {booking.isError ? (
            <Stack mt="md" gap="sm">
              <ErrorState error={booking.error} />
              <Alternatives error={booking.error} timeZone={timeZone} onChoose={setChosen} />
            </Stack>
          ) : null}
        </section>
      </div>
    </Stack>
  )
}

/** One key for each thing that is asked for: pressing twice, or again after a lost answer, books once. */
function useBook(clinicId: string) {
  const queryClient = useQueryClient()
  const attempt = useRef<{ of: string; key: string } | null>(null)
  return useMutation({
    mutationFn: ({ slot, patient }: { slot: Slot; patient: PatientDraft }): Promise<MadeBooking> => {
      const { name, email, phone, reason, type } = patient
      const body = {
        slotId: slot.id,
        patient: {
          name: name.trim(),
          ...(email.trim() === '' ? {} : { email: email.trim() }),
          ...(phone.trim() === '' ? {} : { phone: phone.trim() }),
        },
        appointmentType: type,
        ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
        confirm: true,
        onBehalf: true,
      }
      const of = JSON.stringify(body)
      if (attempt.current?.of !== of) attempt.current = { of, key: crypto.randomUUID() }
      return ask(api.createBooking({ body, headers: { 'Idempotency-Key': attempt.current.key } }))
    },
    // The next one may be just the same, for twins of one name: it is another booking.
    onSuccess: () => {
      attempt.current = null
    },
    onSettled: async (_made, _error, { slot }) => {
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
      await queryClient.invalidateQueries({ queryKey: slotsKey(slot.doctorId) })
    },
  })
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
  patient: PatientDraft
  types: readonly PatientDraft['type'][]
  type: PatientDraft['type']
  when: string | null
  isPending: boolean
  onChange: (part: Partial<PatientDraft>) => void
  onBook: () => void
}

function PatientForm({ patient, types, type, when, isPending, onChange, onBook }: PatientFormProps) {
  const { t } = useTranslation(['admin', 'shell'])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onBook()
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label={t('field.name')}
          required
          maxLength={200}
          autoComplete="off"
          value={patient.name}
          onChange={({ currentTarget }) => onChange({ name: currentTarget.value })}
        />
        <TextInput
          type="tel"
          label={t('field.phone')}
          maxLength={50}
          autoComplete="off"
          value={patient.phone}
          onChange={({ currentTarget }) => onChange({ phone: currentTarget.value })}
        />
        <TextInput
          type="email"
          label={t('field.email')}
          maxLength={254}
          autoComplete="off"
          value={patient.email}
          onChange={({ currentTarget }) => onChange({ email: currentTarget.value })}
        />
        {types.length > 1 ? (
          <NativeSelect
            label={t('column.appointmentType')}
            value={type}
            onChange={({ currentTarget }) =>
              onChange({ type: currentTarget.value === 'video' ? 'video' : 'in_person' })
            }
            data={types.map((one) => ({ value: one, label: t(`shell:appointmentType.${one}`) }))}
          />
        ) : null}
        <Textarea
          label={t('field.reason')}
          maxLength={1000}
          autosize
          minRows={2}
          value={patient.reason}
          onChange={({ currentTarget }) => onChange({ reason: currentTarget.value })}
        />
        <Group>
          <Button type="submit" disabled={when === null} loading={isPending}>
            {when === null ? t('book.choose') : t('book.submit', { when })}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
