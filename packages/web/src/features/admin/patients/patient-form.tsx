import { lengths, patientLimits, patientSexes } from '@holdfast/vocabulary'
import { Button, Group, NativeSelect, Stack, TagsInput, Text, Textarea, TextInput } from '@mantine/core'
import { type UseFormReturnType, useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { PhoneField } from '../../../domain/contacts/phone-field.tsx'
import { useMarkRefused } from '../../../domain/contacts/use-mark-refused.ts'
import { refusedContact } from '../../../lib/api/api-error.ts'
import { formatLanguage } from '../../../lib/i18n/format.ts'
import { submitValid } from '../../../lib/submit-valid.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { useContactRules } from '../shared/patient/contact-fields.tsx'
import { languageTags } from '../shared/patient/language-tags.ts'
import { useClinic } from '../use-clinic.ts'
import { GuardianFields } from './guardian-fields.tsx'
import type { PatientDraft } from './patient-draft.ts'

type PatientFormProps = {
  initial: PatientDraft
  submit: string
  isBusy: boolean
  error: Error | null
  onSubmit: (draft: PatientDraft, onRefused: (error: Error) => void) => void
}

type Form = UseFormReturnType<PatientDraft>

/** The form in which the staff writes a record, or corrects one. */
export function PatientForm({ initial, submit, isBusy, error, onSubmit }: PatientFormProps) {
  const { t } = useTranslation('patients')
  const rules = useContactRules()
  const form = useForm<PatientDraft>({
    initialValues: initial,
    validate: {
      ...rules,
      // Cases may have it.
      mrn: (mrn) => (initial.mrn !== '' && mrn.trim() === '' ? t('invalid.mrnMissing') : null),
      guardians: {
        name: (name) => (name.trim() === '' ? t('invalid.guardianName') : null),
        email: (email) => (email.trim() === '' ? null : rules.email(email)),
        getsMessages: (getsMessages, { guardians }, path) => {
          const { phone = '', email = '' } = guardians[indexIn(path)] ?? {}
          return getsMessages && phone.trim() === '' && email.trim() === '' ? t('invalid.guardianContact') : null
        },
      },
      identifiers: {
        system: (system, { identifiers }, path) =>
          isHalf(identifiers[indexIn(path)]) && system.trim() === '' ? t('invalid.systemMissing') : null,
        value: (value, { identifiers }, path) =>
          isHalf(identifiers[indexIn(path)]) && value.trim() === '' ? t('invalid.valueMissing') : null,
      },
    },
  })
  const markRefused = useMarkRefused(form)
  return (
    <form noValidate onSubmit={submitValid(form, (draft) => onSubmit(draft, markRefused))}>
      <Stack gap="md">
        <PersonFields form={form} />
        <ContactFields form={form} />
        <CareFields form={form} />
        <GuardianFields form={form} />
        <Identifiers form={form} />
        {error !== null && refusedContact(error) === null ? <ErrorState error={error} /> : null}
        <Group>
          <ActionButton type="submit" isBusy={isBusy}>
            {submit}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}

function PersonFields({ form }: { form: Form }) {
  const { t } = useTranslation(['patients', 'admin'])
  const { today } = useClinic()
  return (
    <>
      <TextInput
        label={t('admin:field.name')}
        required
        maxLength={lengths.name}
        autoComplete="off"
        dir="auto"
        {...form.getInputProps('name')}
      />
      <div className={layoutClasses.fields}>
        <DateField label={t('field.birthDate')} max={today} {...form.getInputProps('birthDate')} />
        <NativeSelect
          label={t('field.sex')}
          data={[
            { value: '', label: t('sex.unknown') },
            ...patientSexes.map((value) => ({ value, label: t(`sex.${value}`) })),
          ]}
          {...form.getInputProps('sex')}
        />
        <TextInput label={t('field.mrn')} maxLength={lengths.code} autoComplete="off" {...form.getInputProps('mrn')} />
      </div>
    </>
  )
}

function ContactFields({ form }: { form: Form }) {
  const { t } = useTranslation(['patients', 'admin'])
  const { clinic } = useClinic()
  return (
    <>
      <div className={layoutClasses.fields}>
        <PhoneField
          clinic={clinic}
          label={t('admin:field.phone')}
          autoComplete="off"
          {...form.getInputProps('phone')}
        />
        <TextInput
          type="email"
          label={t('admin:field.email')}
          maxLength={lengths.email}
          autoComplete="off"
          {...form.getInputProps('email')}
        />
      </div>
      <Textarea
        label={t('admin:field.address')}
        maxLength={lengths.address}
        autosize
        minRows={2}
        dir="auto"
        {...form.getInputProps('address')}
      />
    </>
  )
}

const usualFlags = ['interpreter', 'wheelchair', 'hearing', 'sight', 'assistance'] as const

function CareFields({ form }: { form: Form }) {
  const { t } = useTranslation('patients')
  const { language } = form.getInitialValues()
  const tags = [...new Set([...languageTags, ...(language === '' ? [] : [language])])]
  return (
    <>
      <NativeSelect
        label={t('field.language')}
        data={[
          { value: '', label: t('field.languageUnknown') },
          ...tags.map((value) => ({ value, label: formatLanguage(value) })),
        ]}
        {...form.getInputProps('language')}
      />
      <TagsInput
        size="md"
        label={t('field.flags')}
        description={t('field.flagsHelp')}
        data={usualFlags.map((flag) => t(`flag.${flag}`))}
        maxTags={patientLimits.flagsMax}
        maxLength={lengths.flag}
        acceptValueOnBlur
        {...form.getInputProps('flags')}
      />
      <Textarea
        label={t('field.notes')}
        description={t('field.notesHelp')}
        maxLength={lengths.notes}
        autosize
        minRows={3}
        dir="auto"
        {...form.getInputProps('notes')}
      />
    </>
  )
}

/** Identifiers of other systems, a row for each. */
function Identifiers({ form }: { form: Form }) {
  const { t } = useTranslation('patients')
  const { identifiers } = form.getValues()
  const nextRow = Math.max(-1, ...identifiers.map(({ row }) => row)) + 1
  return (
    <Stack gap="sm" component="fieldset" p={0} m={0} bd={0}>
      <Text component="legend" fw={600}>
        {t('field.identifiers')}
      </Text>
      {identifiers.map(({ row }, index) => (
        <Group key={row} align="end" gap="sm">
          <TextInput
            label={t('field.system')}
            placeholder={t('field.systemExample')}
            maxLength={lengths.identifier}
            autoComplete="off"
            {...form.getInputProps(`identifiers.${index}.system`)}
          />
          <TextInput
            label={t('field.value')}
            maxLength={lengths.identifier}
            autoComplete="off"
            {...form.getInputProps(`identifiers.${index}.value`)}
          />
          <Button variant="default" onClick={() => form.removeListItem('identifiers', index)}>
            {t('identifier.remove')}
          </Button>
        </Group>
      ))}
      {identifiers.length < patientLimits.identifiersMax ? (
        <Group>
          <Button
            variant="default"
            size="sm"
            onClick={() => form.insertListItem('identifiers', { row: nextRow, system: '', value: '' })}
          >
            {t('identifier.add')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  )
}

/** The index of a row in the path of its field. */
function indexIn(path: string): number {
  return Number(path.split('.')[1])
}

function isHalf(identifier: PatientDraft['identifiers'][number] | undefined): boolean {
  return identifier !== undefined && (identifier.system.trim() === '') !== (identifier.value.trim() === '')
}
