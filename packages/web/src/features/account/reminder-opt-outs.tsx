import type { MessageChoices } from '@holdfast/contract/client'
import { Group, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { toastDone } from '../../ui/toast.ts'
import { emailQuery } from './email-query.ts'
import { messageChoicesQuery } from './message-choices-query.ts'

/** The clinics whose reminders were turned off by the link in one: that is stronger than the account's choice. */
export function ReminderOptOuts({ choices: { reminderOptOuts, reminderEmails } }: { choices: MessageChoices }) {
  const { t } = useTranslation('account')
  const queryClient = useQueryClient()
  const turningOn = useMutation({
    mutationFn: ({ clinicId }: { clinicId: string; clinicName: string }) =>
      dataOf(api.deleteMyReminderOptOut({ path: { clinicId } })),
    onSuccess: (_, { clinicName }) => {
      toastDone({
        message: t(reminderEmails ? 'messages.turnedOn' : 'messages.turnedOnButOff', { clinic: clinicName }),
      })
      return queryClient.invalidateQueries(messageChoicesQuery)
    },
  })
  const canConfirm = useQuery(emailQuery).data?.canSend === true
  if (reminderOptOuts === null) {
    return !canConfirm ? null : (
      <Text c="dimmed" size="sm">
        {t('messages.unconfirmed')}
      </Text>
    )
  }
  if (reminderOptOuts.length === 0) return null
  return (
    <Stack gap="sm">
      <Title order={3} size="h4" id="reminder-opt-outs">
        {t('messages.optOuts')}
      </Title>
      <Text>{t('messages.optOutsHelp')}</Text>
      <Stack component="ul" aria-labelledby="reminder-opt-outs" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
        {reminderOptOuts.map(({ clinicId, clinicName }) => (
          <Group key={clinicId} component="li" justify="space-between" gap="sm">
            <Text style={{ overflowWrap: 'anywhere' }}>
              <bdi>{clinicName}</bdi>
            </Text>
            <ActionButton
              variant="default"
              aria-label={t('messages.turnOnOf', { clinic: clinicName })}
              isBusy={turningOn.isPending && turningOn.variables.clinicId === clinicId}
              onClick={() => turningOn.mutate({ clinicId, clinicName })}
            >
              {t('messages.turnOn')}
            </ActionButton>
          </Group>
        ))}
      </Stack>
      {turningOn.isError ? <ErrorState error={turningOn.error} /> : null}
    </Stack>
  )
}
