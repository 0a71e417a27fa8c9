import { lengths } from '@holdfast/vocabulary'
import { Button, Group, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { currentLanguage } from '../../lib/i18n/i18n.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { ConfirmForm, confirmation } from './confirm-form.tsx'
import { emailQuery } from './email-query.ts'

/** The account's e-mail address: whether it is confirmed, and changing it. */
export function EmailSection() {
  const { t } = useTranslation('account')
  const status = useQuery(emailQuery)
  const [isChanging, setChanging] = useState(false)
  return (
    <Stack gap="sm" component="section" aria-labelledby="email-address">
      <Title order={2} size="h3" id="email-address">
        {t('emailAddress.title')}
      </Title>
      {status.data === undefined ? (
        <LoadingOrError of={status} />
      ) : (
        <Paper withBorder radius="lg" p={{ base: 'md', sm: 'xl' }}>
          <Stack gap="md">
            <Text style={{ overflowWrap: 'anywhere' }}>
              <bdi>{status.data.email}</bdi>
            </Text>
            {status.data.isConfirmed ? (
              <Text c="dimmed" size="sm">
                {t('emailAddress.confirmed')}
              </Text>
            ) : status.data.canSend ? (
              <Unconfirmed />
            ) : null}
            {status.data.canSend ? (
              <Button variant="default" style={{ alignSelf: 'flex-start' }} onClick={() => setChanging(true)}>
                {t('emailAddress.change')}
              </Button>
            ) : (
              <Text c="dimmed" size="sm">
                {t('emailAddress.noMails')}
              </Text>
            )}
          </Stack>
        </Paper>
      )}
      <Dialog isForm isOpen={isChanging} onClose={() => setChanging(false)} title={t('emailAddress.change')}>
        {isChanging ? <ChangeEmail /> : null}
      </Dialog>
    </Stack>
  )
}

function Unconfirmed() {
  const { t } = useTranslation('account')
  const sending = useMutation({
    mutationFn: () => dataOf(api.sendVerificationEmail({ body: { language: currentLanguage() } })),
  })
  return (
    <>
      <Text>{t('emailAddress.open')}</Text>
      {sending.isSuccess ? <Text role="status">{t('emailAddress.sent')}</Text> : null}
      {sending.isError ? <ErrorState error={sending.error} /> : null}
      {sending.isSuccess ? null : (
        <Group>
          <ActionButton isBusy={sending.isPending} onClick={() => sending.mutate()}>
            {t('emailAddress.sendAgain')}
          </ActionButton>
        </Group>
      )}
    </>
  )
}

function ChangeEmail() {
  const { t } = useTranslation('account')
  const [newEmail, setNewEmail] = useState('')
  const change = useMutation({
    mutationFn: (password: string | null) => {
      const body = { newEmail: newEmail.trim(), language: currentLanguage(), ...confirmation(password) }
      return dataOf(api.changeEmail({ body }))
    },
  })
  if (change.isSuccess) return <Text role="status">{t('emailAddress.changeSent', { email: newEmail.trim() })}</Text>
  return (
    <ConfirmForm
      submit={t('emailAddress.sendLink')}
      isBusy={change.isPending}
      error={change.error}
      onSubmit={change.mutate}
    >
      <Text>{t('emailAddress.changeHelp')}</Text>
      <TextInput
        type="email"
        label={t('emailAddress.new')}
        autoComplete="email"
        required
        withAsterisk={false}
        maxLength={lengths.email}
        value={newEmail}
        onChange={({ currentTarget }) => setNewEmail(currentTarget.value)}
      />
    </ConfirmForm>
  )
}
