import { Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { unsubscribePattern } from '../../lib/secret-links/unsubscribe-pattern.ts'
import { useHiddenFragment } from '../../lib/secret-links/use-hidden-fragment.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { showPageTitle } from '../../ui/focus/page-focus.ts'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { IncompleteLink } from './incomplete-link.tsx'

/** The page of the link in an offer's e-mail: leaves the waitlist with one press. Opening it changes nothing. */
export function LeaveByLinkPage() {
  const { t } = useTranslation('waitlist')
  const link = useHiddenFragment(unsubscribePattern)
  const [entryId, token] = link?.split('.') ?? []
  if (entryId === undefined || token === undefined) return <IncompleteLink title={t('leave.title')} />
  return <Departure key={link} entryId={entryId} token={token} />
}

function Departure({ entryId, token }: { entryId: string; token: string }) {
  const { t } = useTranslation('waitlist')
  const leaving = useMutation({
    mutationFn: () => dataOf(api.leaveWaitlistByLink({ body: { entryId, token } })),
    onSuccess: showPageTitle,
  })
  const clinic = leaving.data?.clinicName
  return (
    <Stack gap="lg" maw="36rem">
      <PageTitle>{t(clinic === undefined ? 'leave.title' : 'title.ended')}</PageTitle>
      {clinic === undefined ? (
        <Text>{t('leave.byLink')}</Text>
      ) : (
        <Text role="status">{t('leave.leftClinic', { clinic: `\u2068${clinic}\u2069` })}</Text>
      )}
      {leaving.isError ? <ErrorState error={leaving.error} /> : null}
      {clinic === undefined ? (
        <Group>
          <ActionButton isBusy={leaving.isPending} onClick={() => leaving.mutate()}>
            {t('leave.start')}
          </ActionButton>
        </Group>
      ) : null}
    </Stack>
  )
}
