import { isEmailAddress, lengths } from '@holdfast/vocabulary'
import { Paper, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { ClinicChoiceField } from '../../domain/clinics/clinic-choice-field.tsx'
import { useClinicChoice } from '../../domain/clinics/use-clinic-choice.ts'
import { api, dataOf } from '../../lib/api/api.ts'
import { currentLanguage } from '../../lib/i18n/i18n.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { PageHead } from '../../ui/focus/page-head.tsx'
import { SaveButton } from '../../ui/save-button.tsx'

/**
 * The page for guests who have lost the link to their entry: it is sent to the address of the entry. What this page
 * says is the same for every address.
 */
export function FindEntryPage() {
  const { t } = useTranslation('waitlist')
  const [email, setEmail] = useState('')
  const [isTried, setTried] = useState(false)
  const choice = useClinicChoice()
  const { clinicId } = choice
  const isAddress = isEmailAddress(email.trim())
  const sending = useMutation({
    mutationFn: (wanted: { clinicId: string; email: string }) =>
      dataOf(api.sendWaitlistLinks({ body: { ...wanted, language: currentLanguage() } })),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // Shows the field for the clinic, which may be the one to focus.
    flushSync(() => setTried(true))
    if (!isAddress) document.getElementById('find-email')?.focus()
    else if (clinicId === null) document.getElementById('find-clinic')?.focus()
    else sending.mutate({ clinicId, email: email.trim() })
  }
  return (
    <Stack gap="lg" maw="40rem">
      <PageHead title={t('find.title')} intro={t('find.intro')} mt={4} />
      <Paper withBorder p={{ base: 'md', sm: 'xl' }} radius="lg" component="form" onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            id="find-email"
            type="email"
            label={t('find.email')}
            autoComplete="email"
            maxLength={lengths.email}
            required
            withAsterisk={false}
            value={email}
            onChange={({ currentTarget }) => setEmail(currentTarget.value)}
            error={isTried && !isAddress ? t('invalid.emailInvalid') : null}
          />
          <ClinicChoiceField
            choice={choice}
            inputId="find-clinic"
            label={t('find.clinic')}
            placeholder={t('find.clinicHelp')}
            error={isTried && clinicId === null ? t('find.clinicNeeded') : null}
            isTried={isTried}
          />
          <SaveButton of={sending} label={t('find.submit')} />
          <Text role="status" fw={600}>
            {sending.isSuccess ? t('find.sent', { email: isolated(sending.variables.email) }) : null}
          </Text>
        </Stack>
      </Paper>
    </Stack>
  )
}
