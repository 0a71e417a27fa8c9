import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
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
  if (!message.isSuccess) return <LoadingOrError of={message} />
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
