import type { PatientRecord } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { SearchField } from '../../../../ui/fields/search-field.tsx'
import { ShowMore } from '../../../../ui/show-more.tsx'
import { LoadingOrError } from '../../../../ui/states/loading-or-error.tsx'
import adminClasses from '../../admin.module.css'
import { useClinic } from '../../use-clinic.ts'
import { KnownRecord } from './known-record.tsx'
import { patientsQuery } from './patient-queries.ts'

type ChooseRecordProps = {
  /** What is searched for first. */
  name: string
  /** Shown when no record is found. */
  none: string
  /** A record that is no choice. */
  exceptId?: string
  /** The button beside a record. */
  buttonOf: (record: PatientRecord) => ReactNode
  /** Shown between the search and what it finds. */
  children?: ReactNode
}

/** Searches for the record of a patient. */
export function ChooseRecord({ name, none, exceptId, buttonOf, children }: ChooseRecordProps) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  const [q, setQ] = useState(name)
  const listRef = useRef<HTMLUListElement>(null)
  const found = useInfiniteQuery({ ...patientsQuery(clinicId, q), enabled: q !== '' })
  const all = q === '' ? [] : (found.data?.pages.flatMap(({ items }) => items) ?? [])
  const records = all.filter(({ id }) => id !== exceptId)
  return (
    <>
      <SearchField label={t('list.search')} placeholder={t('list.placeholder')} text={q} onSearch={setQ} />
      {children}
      {q === '' ? null : found.data === undefined ? (
        <LoadingOrError of={found} />
      ) : records.length === 0 && !found.hasNextPage ? (
        <Text role="status">{none}</Text>
      ) : (
        <ul className={adminClasses.choices} ref={listRef}>
          {records.map((record) => (
            <li key={record.id}>
              <KnownRecord record={record} />
              {buttonOf(record)}
            </li>
          ))}
        </ul>
      )}
      {q === '' ? null : <ShowMore pages={found} count={records.length} listRef={listRef} />}
    </>
  )
}
