import type { AuditEvent } from '@holdfast/contract/client'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { CsvLinks } from '../../../domain/exports/csv-links.tsx'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import type { AuditSearch } from '../admin-search.ts'
import { AuditFilters, type Person } from './audit-filters.tsx'
import { auditEventsQuery } from './audit-queries.ts'
import { AuditTable } from './audit-table.tsx'
import type { AuditNames } from './use-audit-texts.ts'

type AuditLogProps = {
  /** null: the whole site's. */
  clinicId: string | null
  timeZone: string
  /** Whom the filter offers besides those in the list. */
  people: readonly Person[]
  names: AuditNames
  search: AuditSearch
  onSearch(search: AuditSearch): void
}

/** The security log with filters, pages and a download as CSV. */
export function AuditLog({ clinicId, timeZone, people, names, search, onSearch }: AuditLogProps) {
  const { t } = useTranslation('admin')
  const found = useInfiniteQuery(auditEventsQuery(clinicId, search))
  const events = found.data?.pages.flatMap(({ items }) => items) ?? []
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  return (
    <Stack gap="lg">
      <PageHead title={t('audit.title')} intro={t(clinicId === null ? 'audit.introSite' : 'audit.intro')} />
      <AuditFilters search={search} people={allPeople(people, events, search)} onChange={onSearch} />
      {found.data === undefined ? (
        <LoadingOrError of={found} />
      ) : events.length === 0 ? (
        <EmptyState title={t('audit.none')} help={t('audit.noneHelp')}>
          <Button variant="default" onClick={() => onSearch({})}>
            {t('audit.reset')}
          </Button>
        </EmptyState>
      ) : (
        <>
          <Group justify="space-between">
            <Text role="status" c="dimmed" size="sm">
              {t(found.hasNextPage ? 'audit.countMore' : 'audit.count', { count: events.length })}
            </Text>
            <CsvLinks
              path={clinicId === null ? '/api/v1/audit-events.csv' : `/api/v1/clinics/${clinicId}/audit-events.csv`}
              filters={search}
            />
          </Group>
          <AuditTable
            events={events}
            timeZone={timeZone}
            isSite={clinicId === null}
            isOlder={found.isPlaceholderData}
            names={names}
            rowsRef={rowsRef}
          />
          <ShowMore pages={found} count={events.length} listRef={rowsRef} />
        </>
      )}
    </Stack>
  )
}

/** All people, including those who are no members any more, and the account that the address of the page names. */
function allPeople(people: readonly Person[], events: readonly AuditEvent[], { accountId }: AuditSearch): Person[] {
  const found = new Map(people.map((person) => [person.accountId, person.name]))
  for (const { actorId, actorName } of events) {
    if (actorId !== null && actorName !== null && !found.has(actorId)) found.set(actorId, actorName)
  }
  if (accountId !== undefined && !found.has(accountId)) found.set(accountId, accountId)
  return [...found]
    .map(([id, name]) => ({ accountId: id, name }))
    .sort((one, other) => one.name.localeCompare(other.name))
}
