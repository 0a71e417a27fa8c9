import type { Booking } from '@holdfast/contract/client'
import { addDays, localDay } from '@holdfast/vocabulary'
import { Button, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import type { Ref } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { serverNow } from '../../../lib/time/server-clock.ts'
import { useClinic } from '../use-clinic.ts'
import { distinctPatients, type KnownPatient } from './distinct-patients.ts'

/** Shorter texts match too many. */
const lengthMin = 3
const typingMs = 400
/** The API searches at most 366 days. */
const days = { before: 300, after: 60 } as const
const shownMax = 5

type KnownProps = {
  /** What was typed last into a field of the patient; '' after somebody was chosen. */
  typed: string
  onChoose: (patient: KnownPatient) => void
  ref: Ref<HTMLDivElement>
}

/** The patients of the clinic's bookings who have the typed text, each a button that fills in the form. */
export function KnownPatients({ typed, onChoose, ref }: KnownProps) {
  const { t } = useTranslation('admin')
  const [text] = useDebouncedValue(typed.trim(), typingMs)
  const found = useQuery({ ...useKnownQuery(text), enabled: text.length >= lengthMin })
  // Patients who match the beginning of the text may match all of it; those who match an earlier text do not.
  const isFound = text !== '' && typed.trim().startsWith(text) && found.data !== undefined
  const patients = isFound ? distinctPatients(found.data, shownMax) : []
  return (
    <div role="status" ref={ref}>
      {patients.length === 0 ? null : (
        <Stack gap={6} align="flex-start">
          <Text size="sm">{t('book.known')}</Text>
          {patients.map((patient) => (
            <Button
              key={JSON.stringify(patient)}
              size="compact-md"
              variant="default"
              maw="100%"
              onClick={() => onChoose(patient)}
            >
              <bdi>{[patient.name, patient.phone, patient.email].filter(Boolean).join(' · ')}</bdi>
            </Button>
          ))}
        </Stack>
      )}
    </div>
  )
}

function useKnownQuery(text: string) {
  const { clinicId, timeZone } = useClinic()
  const today = localDay(serverNow(), timeZone)
  const query = { q: text, from: addDays(today, -days.before), to: addDays(today, days.after), limit: 50 }
  return {
    queryKey: [...clinicKey(clinicId), 'known-patients', query],
    queryFn: async (): Promise<Booking[]> =>
      (await dataOf(api.listClinicBookings({ path: { clinicId }, query }))).items,
  }
}
