import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api.ts'
import { clinicKey } from '../../lib/clinic-queries.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import { PageLoading } from '../../ui/page-loading.tsx'
import { useClinic } from './use-clinic.ts'

/** What a message says, as text, while it was not sent. */
export function MessageContent({ messageId }: { messageId: string }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const message = useQuery({
    queryKey: [...clinicKey(clinicId), 'messages', messageId],
    queryFn: () => dataOf(api.getMessage({ path: { clinicId, messageId } })),
    staleTime: 0,
    // It contains the patient's link.
    gcTime: 0,
  })
  if (message.isError) return <ErrorState error={message.error} retry={() => void message.refetch()} />
  if (message.data === undefined) return <PageLoading />
  const { subject, text } = message.data
  if (text === null) return <Text>{t('messages.gone')}</Text>
  return (
    <Stack gap="sm">
      <Text fw={600} dir="auto">
        {subject}
      </Text>
      <Text dir="auto" style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }}>
        {text}
      </Text>
    </Stack>
  )
}
