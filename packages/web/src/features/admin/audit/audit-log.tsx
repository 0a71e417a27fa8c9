import type { AuditEvent } from '@holdfast/contract/client'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { localDateTime } from '../../../lib/time/local-time.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import type { AuditSearch } from '../admin-search.ts'
import { downloadCsv } from '../csv-download.ts'
import { recordExport } from '../record-export.ts'
import { AuditFilters, type Person } from './audit-filters.tsx'
import { auditEventsQuery, readAuditEvents } from './audit-queries.ts'
import { AuditTable } from './audit-table.tsx'
import { type AuditNames, useAuditTexts } from './use-audit-texts.ts'

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
  const download = useDownload(clinicId, timeZone, search, names)
  return (
    <Stack gap="lg">
      <div>
        <PageTitle>{t('audit.title')}</PageTitle>
        <Text c="dimmed">{t(clinicId === null ? 'audit.introSite' : 'audit.intro')}</Text>
      </div>
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
            <ActionButton variant="default" size="sm" isBusy={download.isPending} onClick={() => download.mutate()}>
              {t('csv')}
            </ActionButton>
          </Group>
          {download.isError ? <ErrorState error={download.error} retry={() => download.mutate()} /> : null}
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

/** Reads all that matches, not only the pages that are shown. */
function useDownload(clinicId: string | null, timeZone: string, search: AuditSearch, names: AuditNames) {
  const { t } = useTranslation('admin')
  const texts = useAuditTexts(names)
  const rowOf = (event: AuditEvent) => ({
    [t('audit.when')]: localDateTime(event.at, timeZone),
    [t('audit.what')]: t(`audit.kind.${event.kind}`),
    [t('audit.number')]: event.count,
    [t('audit.details')]: texts.details(event),
    [t('audit.who')]: texts.who(event),
    [t('field.email')]: event.actorEmail ?? '',
    [t('audit.subject')]: texts.about(event) ?? '',
    [t('audit.network')]: event.network ?? '',
    [t('tabs.label')]: event.clinicName ?? '',
  })
  return useMutation({
    mutationFn: async () => {
      const { items } = await readAuditEvents(clinicId, search)
      downloadCsv(`${t('audit.title')}.csv`, items.map(rowOf))
      if (clinicId !== null) await recordExport(clinicId, 'audit_events', items.length)
    },
  })
}

/** Also those who are no members any more, and whoever the address of the page names. */
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
