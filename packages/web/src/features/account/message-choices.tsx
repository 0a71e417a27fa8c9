import type { MessageChoices } from '@holdfast/contract/client'
import { smsKinds } from '@holdfast/vocabulary'
import { Checkbox, NativeSelect, Paper, Stack, Switch, Text, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { languageNames, languages } from '../../lib/i18n/languages.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../ui/toast.ts'
import { type ChoicesDraft, choicesDraftOf, choicesOfDraft } from './message-choices-draft.ts'
import { messageChoicesQuery } from './message-choices-query.ts'
import { ReminderOptOuts } from './reminder-opt-outs.tsx'

/** The part of the account page that says what comes by e-mail and SMS, and in which language. */
export function MessageChoicesSection() {
  const { t } = useTranslation('account')
  const choices = useQuery(messageChoicesQuery)
  return (
    <Stack gap="sm" component="section" aria-labelledby="messages">
      <Title order={2} size="h3" id="messages">
        {t('messages.title')}
      </Title>
      {choices.data === undefined ? (
        <LoadingOrError of={choices} />
      ) : (
        <Paper withBorder radius="lg" p={{ base: 'md', sm: 'xl' }}>
          <Stack gap="xl">
            <ChoicesForm stored={choices.data} />
            <ReminderOptOuts choices={choices.data} />
          </Stack>
        </Paper>
      )}
    </Stack>
  )
}

function ChoicesForm({ stored }: { stored: MessageChoices }) {
  const { t } = useTranslation('account')
  const queryClient = useQueryClient()
  const form = useForm<ChoicesDraft>({ initialValues: choicesDraftOf(stored) })
  const saving = useMutation({
    mutationFn: (draft: ChoicesDraft) => dataOf(api.setMyMessageChoices({ body: choicesOfDraft(draft) })),
    onSuccess: (saved, draft) => {
      queryClient.setQueryData(messageChoicesQuery.queryKey, saved)
      form.resetDirty(draft)
      toastDone({ message: t('messages.saved') })
    },
  })
  return (
    <form onSubmit={form.onSubmit((draft) => saving.mutate(draft))}>
      <Stack gap="md">
        <Text>{t('messages.always')}</Text>
        <Switch label={t('messages.reminderEmails')} {...form.getInputProps('reminderEmails', { type: 'checkbox' })} />
        <Checkbox.Group
          label={t('messages.sms')}
          description={t('messages.smsHelp')}
          {...form.getInputProps('smsKinds')}
        >
          <Stack gap="xs" mt="xs">
            {smsKinds.map((kind) => (
              <Checkbox key={kind} value={kind} label={t(`messages.kind.${kind}`)} />
            ))}
          </Stack>
        </Checkbox.Group>
        <NativeSelect
          label={t('messages.language')}
          data={[
            { value: '', label: t('messages.languageOfBooking') },
            ...languages.map((language) => ({ value: language, label: languageNames[language] })),
          ]}
          {...form.getInputProps('language')}
        />
        {saving.isError ? <ErrorState error={saving.error} /> : null}
        <ActionButton
          type="submit"
          style={{ alignSelf: 'flex-start' }}
          disabled={!form.isDirty()}
          isBusy={saving.isPending}
        >
          {t('messages.save')}
        </ActionButton>
      </Stack>
    </form>
  )
}
