import { guardianRelations, lengths, patientLimits } from '@holdfast/vocabulary'
import { Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { PhoneField } from '../../../domain/contacts/phone-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { useClinic } from '../use-clinic.ts'
import type { GuardianDraft, PatientDraft } from './patient-draft.ts'

const empty = { name: '', relation: 'parent', phone: '', email: '', getsMessages: false } as const

/** Who acts for the patient: fields for each person. One of them at most gets the messages. */
export function GuardianFields({ form }: { form: UseFormReturnType<PatientDraft> }) {
  const { t } = useTranslation(['patients', 'admin'])
  const { clinic } = useClinic()
  const { guardians } = form.getValues()
  const nextRow = Math.max(-1, ...guardians.map(({ row }) => row)) + 1
  const set = (index: number, change: Partial<GuardianDraft>) =>
    form.setFieldValue(
      'guardians',
      guardians.map((guardian, at) => {
        if (at === index) return { ...guardian, ...change }
        return change.getsMessages ? { ...guardian, getsMessages: false } : guardian
      }),
    )
  return (
    <Stack gap="md" component="fieldset" p={0} m={0} bd={0}>
      <Text component="legend" fw={600}>
        {t('guardians.title')}
      </Text>
      {guardians.map(({ row, getsMessages }, index) => (
        <Stack key={row} gap="sm" role="group" aria-label={t('guardians.number', { number: index + 1 })}>
          <div className={layoutClasses.fields}>
            <TextInput
              label={t('admin:field.name')}
              required
              maxLength={lengths.name}
              autoComplete="off"
              dir="auto"
              {...form.getInputProps(`guardians.${index}.name`)}
            />
            <NativeSelect
              label={t('guardians.relation')}
              data={guardianRelations.map((value) => ({ value, label: t(`relation.${value}`) }))}
              {...form.getInputProps(`guardians.${index}.relation`)}
            />
          </div>
          <div className={layoutClasses.fields}>
            <PhoneField
              clinic={clinic}
              label={t('admin:field.phone')}
              autoComplete="off"
              {...form.getInputProps(`guardians.${index}.phone`)}
            />
            <TextInput
              type="email"
              label={t('admin:field.email')}
              maxLength={lengths.email}
              autoComplete="off"
              {...form.getInputProps(`guardians.${index}.email`)}
            />
          </div>
          <Checkbox
            size="md"
            label={t('guardians.getsMessages')}
            description={t('guardians.getsMessagesHelp')}
            checked={getsMessages}
            onChange={({ currentTarget }) => set(index, { getsMessages: currentTarget.checked })}
            error={form.errors[`guardians.${index}.getsMessages`]}
          />
          <Group>
            <Button variant="default" size="sm" onClick={() => form.removeListItem('guardians', index)}>
              {t('guardians.remove', { number: index + 1 })}
            </Button>
          </Group>
        </Stack>
      ))}
      {guardians.length < patientLimits.guardiansMax ? (
        <Group>
          <Button
            variant="default"
            size="sm"
            onClick={() => form.insertListItem('guardians', { ...empty, row: nextRow })}
          >
            {t('guardians.add')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  )
}
