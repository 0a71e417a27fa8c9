import { Button, Group, Stack, Text } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { submitValid } from '../../../../lib/submit-valid.ts'
import { ActionButton } from '../../../../ui/buttons/action-button.tsx'
import { ContactFields, LanguageField } from './contact-fields.tsx'
import type { Contact } from './patient-correction.ts'

type CorrectionFormProps<Draft extends Contact> = {
  form: UseFormReturnType<Draft>
  /** What the correction brings about, as it is entered. */
  notes: readonly string[]
  isBusy: boolean
  onSubmit: (draft: Draft) => void
  onLeave: () => void
  /** Other fields, and why the correction was refused. */
  children: ReactNode
}

/** The form in which the desk corrects who a patient is: in a booking, or in an entry of the waitlist. */
export function CorrectionForm<Draft extends Contact>(props: CorrectionFormProps<Draft>) {
  const { form, notes, isBusy, onSubmit, onLeave, children } = props
  const { t } = useTranslation('admin')
  return (
    <form onSubmit={submitValid(form, onSubmit)} noValidate>
      <Stack gap="md">
        <ContactFields form={form} />
        <Text role="status">{notes.join(' ')}</Text>
        <LanguageField {...form.getInputProps('language')} />
        {children}
        <Group gap="sm">
          <ActionButton type="submit" isBusy={isBusy}>
            {t('correct.submit')}
          </ActionButton>
          <Button variant="default" onClick={onLeave}>
            {t('correct.back')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
