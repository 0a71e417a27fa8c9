import type { Booking } from '@holdfast/contract/client'
import { addDays, localDay } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { Ref } from 'react'
import { useTranslation } from 'react-i18next'
import { Flags } from '../../../domain/bookings/flags.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatNumericDate } from '../../../lib/i18n/format.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { serverNow } from '../../../lib/time/server-clock.ts'
import { patientsQuery } from '../shared/patient/patient-queries.ts'
import { useClinic } from '../use-clinic.ts'
import { distinctPatients, type KnownPatient, patientOfRecord } from './distinct-patients.ts'

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

/** The records that have the typed text, then the patients of bookings, each a button that fills in the form. */
export function KnownPatients({ typed, onChoose, ref }: KnownProps) {
  const { t } = useTranslation('admin')
  const [text] = useDebouncedValue(typed.trim(), typingMs)
  const { clinicId } = useClinic()
  const enabled = text.length >= lengthMin
  const found = useQuery({ ...useKnownQuery(text), enabled })
  const records = useInfiniteQuery({ ...patientsQuery(clinicId, text), enabled })
  // Patients who match the beginning of the text may match all of it; those who match an earlier text do not.
  const isFound = text !== '' && typed.trim().startsWith(text)
  const ofRecords = (isFound && !records.isPlaceholderData ? (records.data?.pages[0]?.items ?? []) : [])
    .slice(0, shownMax)
    .map(patientOfRecord)
  const ofBookings = isFound ? distinctPatients(found.data ?? [], shownMax) : []
  const patients = [...ofRecords, ...ofBookings.filter((patient) => !ofRecords.some((one) => isSame(one, patient)))]
  return (
    <div role="status" ref={ref}>
      {patients.length === 0 ? null : (
        <Stack gap={6} align="flex-start">
          <Text size="sm">{t('book.known')}</Text>
          {patients.map((patient) => (
            <Group key={JSON.stringify(patient)} gap={6}>
              <Button size="compact-md" variant="default" maw="100%" onClick={() => onChoose(patient)}>
                <bdi>{labelOf(patient)}</bdi>
              </Button>
              {patient.record === undefined ? null : <Flags flags={patient.record.flags} />}
            </Group>
          ))}
        </Stack>
      )}
    </div>
  )
}

function labelOf({ name, phone, email, record }: KnownPatient): string {
  const birthDate = record?.birthDate ?? null
  return [name, birthDate === null ? '' : formatNumericDate(birthDate), phone, email].filter(Boolean).join(' · ')
}

function isSame(one: KnownPatient, other: KnownPatient): boolean {
  return one.name === other.name && one.phone === other.phone && one.email === other.email
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
