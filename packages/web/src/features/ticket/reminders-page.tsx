import { Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { unsubscribePattern } from '../../lib/secret-links/unsubscribe-pattern.ts'
import { useHiddenFragment } from '../../lib/secret-links/use-hidden-fragment.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'

/** The page of the link in a reminder: turns reminders of the clinic off, and on again. Opening it changes nothing. */
export function RemindersPage() {
  const { t } = useTranslation(['ticket', 'shell'])
  const link = useHiddenFragment(unsubscribePattern)
  const [bookingId, token] = link?.split('.') ?? []
  return (
    <Stack gap="lg" maw="36rem">
      <PageTitle>{t('reminders.title')}</PageTitle>
      {bookingId === undefined || token === undefined ? (
        <EmptyState title={t('reminders.incomplete')} help={t('reminders.incompleteHelp')}>
          <LinkButton to="/find-booking">{t('shell:footer.findBooking')}</LinkButton>
        </EmptyState>
      ) : (
        <Choice key={link} bookingId={bookingId} token={token} />
      )}
    </Stack>
  )
}

function Choice({ bookingId, token }: { bookingId: string; token: string }) {
  const { t } = useTranslation('ticket')
  const choosing = useMutation({
    mutationFn: (reminders: boolean) => dataOf(api.chooseReminders({ body: { bookingId, token, reminders } })),
  })
  const isOff = choosing.data?.reminders === false
  return (
    <>
      {choosing.data === undefined ? (
        <Text>{t('reminders.help')}</Text>
      ) : (
        <Text role="status">{t(isOff ? 'reminders.off' : 'reminders.on', { clinic: choosing.data.clinicName })}</Text>
      )}
      {choosing.data?.reminders === true && choosing.data.accountReminders === false ? (
        <Text>
          {t('reminders.accountOff')} <TextLink to="/account">{t('reminders.account')}</TextLink>
        </Text>
      ) : null}
      {choosing.isError ? <ErrorState error={choosing.error} /> : null}
      <Group>
        <ActionButton isBusy={choosing.isPending} onClick={() => choosing.mutate(isOff)}>
          {t(isOff ? 'reminders.turnOn' : 'reminders.turnOff')}
        </ActionButton>
      </Group>
    </>
  )
}
