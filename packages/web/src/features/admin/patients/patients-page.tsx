import type { PatientRecord } from '@holdfast/contract/client'
import { Group, Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type RefObject, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Flags } from '../../../domain/bookings/flags.tsx'
import { formatNumericDate } from '../../../lib/i18n/format.ts'
import { searchedFor, useSearched } from '../../../lib/searched-text.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { SearchField } from '../../../ui/fields/search-field.tsx'
import classes from '../../../ui/filters.module.css'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ListTable } from '../../../ui/list-table.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { patientsQuery } from '../shared/patient/patient-queries.ts'
import { useClinic } from '../use-clinic.ts'

const route = getRouteApi('/clinic/$clinicId/patients')

/** The clinic's patients by name, and the search in them. */
export function PatientsPage() {
  const { t } = useTranslation(['patients', 'admin'])
  const { clinicId, isAdmin } = useClinic()
  const { q } = useSearched({})
  const navigate = route.useNavigate()
  const found = useInfiniteQuery(patientsQuery(clinicId, q))
  const patients = found.data?.pages.flatMap(({ items }) => items) ?? []
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  const search = (text: string) =>
    void navigate({ to: '.', state: searchedFor(text), replace: true, resetScroll: false })
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <PageHead title={t('admin:tabs.patients')} intro={t('list.intro')} maw="44rem" />
        <Group gap="xs">
          {isAdmin ? (
            <LinkButton
              size="sm"
              variant="default"
              to="/clinic/$clinicId/patients/data"
              params={{ clinicId }}
              search={{}}
            >
              {t('data')}
            </LinkButton>
          ) : null}
          <LinkButton size="sm" variant="default" to="/clinic/$clinicId/patients/new" params={{ clinicId }} search={{}}>
            {t('new.link')}
          </LinkButton>
        </Group>
      </Group>
      <form className={classes.filters} aria-label={t('list.search')} onSubmit={(event) => event.preventDefault()}>
        <SearchField label={t('list.search')} placeholder={t('list.placeholder')} text={q} onSearch={search} />
      </form>
      {found.data === undefined ? (
        <LoadingOrError of={found} />
      ) : (
        <>
          {patients.length === 0 ? (
            <EmptyState
              title={t(q === undefined ? 'list.empty' : 'list.none')}
              help={t(q === undefined ? 'list.emptyHelp' : 'list.noneHelp')}
            />
          ) : (
            <PatientsTable patients={patients} isOlder={found.isPlaceholderData} rowsRef={rowsRef} />
          )}
          <ShowMore pages={found} count={patients.length} listRef={rowsRef} />
        </>
      )}
    </Stack>
  )
}

type TableProps = {
  patients: readonly PatientRecord[]
  isOlder: boolean
  rowsRef: RefObject<HTMLTableSectionElement | null>
}

function PatientsTable({ patients, isOlder, rowsRef }: TableProps) {
  const { t } = useTranslation(['patients', 'admin'])
  const { clinicId } = useClinic()
  return (
    <ListTable
      caption={t('admin:tabs.patients')}
      heads={[t('admin:column.patient'), t('field.birthDate'), t('field.mrn'), t('field.flags')]}
      rowsRef={rowsRef}
      isOlder={isOlder}
    >
      {patients.map(({ id, name, birthDate, mrn, phone, email, flags }) => (
        <tr key={id}>
          <td>
            <Link
              className={layoutClasses.link}
              to="/clinic/$clinicId/patients/$patientId"
              params={{ clinicId, patientId: id }}
            >
              <bdi>{name}</bdi>
            </Link>
            <Text size="sm" c="dimmed">
              <bdi>{phone ?? email ?? ''}</bdi>
            </Text>
          </td>
          <td className="tabular" data-label={t('field.birthDate')}>
            {birthDate === null ? '–' : formatNumericDate(birthDate)}
          </td>
          <td data-label={t('field.mrn')}>
            <bdi>{mrn ?? '–'}</bdi>
          </td>
          <td data-label={t('field.flags')}>{flags.length === 0 ? '–' : <Flags flags={flags} />}</td>
        </tr>
      ))}
    </ListTable>
  )
}
