import type { CaseRequest } from '@holdfast/contract/client'
import { Button, Group, Stack } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearched, withoutText } from '../../../lib/searched-text.ts'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { openRequestsQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import { RequestFilters } from './request-filters.tsx'
import { RequestForm } from './request-form.tsx'
import { RequestList } from './request-list.tsx'
import { ScheduleDialog } from './schedule-dialog.tsx'

const route = getRouteApi('/clinic/$clinicId/theatre/requests')

/** The waitlist: requested cases by urgency and due day. */
export function RequestsPage() {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const [isAdding, setAdding] = useState(false)
  const [changed, setChanged] = useState<CaseRequest | null>(null)
  const [scheduled, setScheduled] = useState<CaseRequest | null>(null)
  const search = useSearched(route.useSearch())
  const navigate = route.useNavigate()
  const read = useInfiniteQuery(openRequestsQuery(clinicId, search))
  const requests = read.data?.pages.flatMap(({ items }) => items) ?? []
  const isFiltered = Object.values(search).some((value) => value !== undefined)
  const listRef = useRef<HTMLOListElement>(null)
  return (
    <Stack gap="lg" maw="67.5rem">
      <Group justify="space-between">
        <PageTitle>{t('tabs.requests')}</PageTitle>
        <Button onClick={() => setAdding(true)}>{t('requests.add')}</Button>
      </Group>
      <RequestFilters
        search={search}
        onChange={(next) => void navigate({ ...withoutText(next), replace: true, resetScroll: false })}
      />
      {read.data === undefined ? (
        <LoadingOrError of={read} />
      ) : requests.length === 0 ? (
        <EmptyState
          title={t(isFiltered ? 'requests.noneFound' : 'requests.none')}
          help={t(isFiltered ? 'requests.noneFoundHelp' : 'requests.noneHelp')}
        />
      ) : (
        <>
          <RequestList requests={requests} onFind={setScheduled} onChange={setChanged} listRef={listRef} />
          <ShowMore pages={read} count={requests.length} listRef={listRef} />
        </>
      )}
      <Dialog isOpen={isAdding} onClose={() => setAdding(false)} isForm size="lg" title={t('requests.add')}>
        <RequestForm request={null} onDone={() => setAdding(false)} />
      </Dialog>
      <Dialog
        isOpen={changed !== null}
        onClose={() => setChanged(null)}
        isForm
        size="lg"
        title={changed === null ? '' : t('requests.changeOf', { name: changed.procedure.display })}
      >
        {changed === null ? null : <RequestForm request={changed} onDone={() => setChanged(null)} />}
      </Dialog>
      <ScheduleDialog
        request={scheduled}
        onScheduled={(caseId, day) =>
          void navigate({ to: '/clinic/$clinicId/theatre', params: { clinicId }, search: { day, caseId } })
        }
        onClose={() => setScheduled(null)}
      />
    </Stack>
  )
}
