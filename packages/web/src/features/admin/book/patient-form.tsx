import type { Booking, VisitType } from '@holdfast/contract/client'
import { type AppointmentType, lengths } from '@holdfast/vocabulary'
import { Group, NativeSelect, Stack, Text, Textarea } from '@mantine/core'
import { type UseFormReturnType, useForm } from '@mantine/form'
import { type KeyboardEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { AskedFields } from '../../../domain/answers/asked-fields.tsx'
import { focusQuestion, missingAnswers, type TypedAnswers } from '../../../domain/answers/typed-answers.ts'
import { useAsked } from '../../../domain/answers/use-asked.ts'
import { Flags } from '../../../domain/bookings/flags.tsx'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { submitValid } from '../../../lib/submit-valid.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ContactFields, LanguageField, useContactRules } from '../shared/patient/contact-fields.tsx'
import type { Contact } from '../shared/patient/patient-correction.ts'
import { useClinic } from '../use-clinic.ts'
import type { KnownPatient, KnownRecord } from './distinct-patients.ts'
import { KnownPatients } from './known-patients.tsx'

export type PatientDraft = Contact & {
  reason: string
  type: AppointmentType
  units: number
  /** To what the visit type asks. */
  answers: TypedAnswers
}
/** The fields by which a patient is found. */
export const patientFields = ['name', 'phone', 'email'] as const
export const emptyPatient: PatientDraft = {
  name: '',
  email: '',
  phone: '',
  language: '',
  reason: '',
  type: 'in_person',
  units: 1,
  answers: {},
}

export function draftOf({ patient, reason, appointmentType, units }: Booking): PatientDraft {
  const { name, email = '', phone = '', language = '' } = patient
  return { name, email, phone, language, reason: reason ?? '', type: appointmentType, units, answers: {} }
}

/** @param onValuesChange called with the values after and before a change */
export function usePatientForm(
  initialValues: PatientDraft,
  onValuesChange: (values: PatientDraft, before: PatientDraft) => void,
) {
  return useForm<PatientDraft>({
    initialValues,
    onValuesChange,
    validate: useContactRules(),
  })
}

type PatientFormProps = {
  form: UseFormReturnType<PatientDraft>
  types: readonly PatientDraft['type'][]
  type: PatientDraft['type']
  when: string | null
  /** What is booked, and asks something; undefined: a slot. */
  visitType: VisitType | undefined
  /** Why the booking was refused; null: it was not. */
  error: Error | null
  /** A series is booked instead of one time. `isReady`: all of its dates can be booked. */
  series?: { isReady: boolean } | undefined
  /** The slot has too few free places, and gets those that are missing. */
  addsPlaces: boolean
  /** What was typed last into one of the fields by which a patient is found. */
  typed: string
  /** The booking will be linked to it; null: to none. */
  record: KnownRecord | null
  onKnown: (known: KnownPatient) => void
  isPending: boolean
  onBook: (patient: PatientDraft) => void
}

/** Who gets the appointment, and what for. */
export function PatientForm({
  form,
  types,
  type,
  when,
  visitType,
  error,
  series,
  addsPlaces,
  typed,
  record,
  onKnown,
  isPending,
  onBook,
}: PatientFormProps) {
  const { t } = useTranslation(['admin', 'schedule', 'shell', 'series'])
  const known = useRef<HTMLDivElement>(null)
  const { clinicId } = useClinic()
  const asked = useAsked(clinicId, visitType, error)
  const [isTried, setTried] = useState(false)
  const { units, answers } = form.getValues()
  const submitKey = !addsPlaces ? 'book.submit' : units > 1 ? 'book.addPlaces' : 'book.addPlace'
  // Enter books nobody by half a name: it leads to the patients who are found, as an arrow does, or to the last button.
  const leadOn = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== 'ArrowDown') return
    event.preventDefault()
    const submit = event.key === 'Enter' ? event.currentTarget.closest('form')?.querySelector('[type=submit]') : null
    const next = known.current?.querySelector('button') ?? submit
    if (next instanceof HTMLElement) next.focus()
  }
  const submit = submitValid(form, (draft) => {
    const [missing] = missingAnswers(asked.questions, draft.answers, true)
    setTried(missing !== undefined)
    if (missing === undefined) onBook(draft)
    else focusQuestion(missing.id)
  })
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Stack gap="md" onKeyDown={leadOn}>
          <ContactFields form={form} />
        </Stack>
        <KnownPatients typed={typed} onChoose={onKnown} ref={known} />
        {record === null ? null : (
          <Group gap="xs">
            <Text size="sm">{t('book.linked', { name: isolated(record.name) })}</Text>
            <Flags flags={record.flags} />
          </Group>
        )}
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
        <AskedFields
          {...asked}
          typed={answers}
          onChange={(typedNow) => form.setFieldValue('answers', typedNow)}
          isTried={isTried}
          byDesk
        />
        {addsPlaces ? <Text role="status">{t('schedule:picker.addPlaceHelp')}</Text> : null}
        <Group>
          <ActionButton type="submit" disabled={when === null || series?.isReady === false} isBusy={isPending}>
            {when === null ? t('book.choose') : series === undefined ? t(submitKey, { when }) : t('series:submit')}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}
