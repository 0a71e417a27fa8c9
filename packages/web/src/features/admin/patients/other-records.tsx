import type { UnlinkedOfRecord } from '@holdfast/contract/client'
import { Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { TextLink } from '../../../ui/buttons/text-link.tsx'
import { useClinic } from '../use-clinic.ts'

/** Records that may be of the same person, so that somebody looks; nothing if there are none. */
export function OtherRecords({ others: { count, records } }: { others: UnlinkedOfRecord['otherRecords'] }) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  if (count === 0) return null
  return (
    <Stack gap={4} className="no-print">
      <Text>{t('others.text')}</Text>
      <ul>
        {records.map(({ patientId, recordNumber }) => (
          <li key={patientId}>
            <TextLink inherit to="/clinic/$clinicId/patients/$patientId" params={{ clinicId, patientId }}>
              {recordNumber === null ? t('others.noNumber') : t('others.record', { number: recordNumber })}
            </TextLink>
          </li>
        ))}
      </ul>
      {count > records.length ? <Text>{t('others.more')}</Text> : null}
    </Stack>
  )
}
