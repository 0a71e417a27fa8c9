import type { CaseRequest } from '@holdfast/contract/client'
import { Text, Title } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { searchedFor } from '../../../lib/searched-text.ts'
import { TextLink } from '../../../ui/buttons/text-link.tsx'
import { OnceOpened } from '../../../ui/dialogs/once-opened.tsx'
import { SearchField } from '../../../ui/fields/search-field.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { RequestList } from '../requests/request-list.tsx'
import { openRequestsQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import classes from './day-board.module.css'
import type { RefusedDrop } from './use-dropped-request.ts'

const ScheduleDialog = lazy(async () => ({
  default: (await import('../requests/schedule-dialog.tsx')).ScheduleDialog,
}))

type BoardWaitlistProps = {
  /** A request is dragged; null: no longer. */
  onDrag: (request: CaseRequest | null) => void
  /** Was dropped on the board where it does not fit. */
  opened: RefusedDrop | null
  onOpened: (caseId: string, day: string) => void
  onClose: () => void
}

/** The waitlist, to drag from; its buttons find times without dragging. */
export function BoardWaitlist({ onDrag, opened, onOpened, onClose }: BoardWaitlistProps) {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const [filter, setFilter] = useState<{ q?: string }>({})
  const [chosen, setChosen] = useState<CaseRequest | null>(null)
  const read = useInfiniteQuery(openRequestsQuery(clinicId, filter))
  const requests = read.data?.pages[0]?.items ?? []
  const hasNone = read.data !== undefined && requests.length === 0
  const close = () => {
    setChosen(null)
    onClose()
  }
  const scheduled = chosen ?? opened?.request ?? null
  return (
    <>
      <section aria-labelledby="board-waitlist" data-waitlist>
        <Title order={2} size="h4" id="board-waitlist">
          {t('tabs.requests')}
        </Title>
        <Text size="sm" c="dimmed" mb="xs" component="div" role="status">
          {/* Until it is read, as with requests: nothing moves when these arrive. */}
          {read.isLoadingError ? null : hasNone ? (
            t(filter.q === undefined ? 'requests.none' : 'requests.noneFound')
          ) : (
            <>
              <span className={classes.help}>{t('requests.dragHelp')}</span>
              <span className={classes.touchHelp}>{t('requests.touchHelp')}</span>
            </>
          )}
        </Text>
        {(hasNone || read.isLoadingError) && filter.q === undefined ? null : (
          <SearchField
            label={t('requests.search')}
            placeholder={t('requests.searchIn')}
            text={filter.q}
            onSearch={(q) => setFilter(q === '' ? {} : { q })}
          />
        )}
        {read.isLoadingError ? <ErrorState error={read.error} retry={() => void read.refetch()} /> : null}
        <RequestList requests={requests} onFind={setChosen} onDrag={onDrag} />
        {read.hasNextPage ? (
          <TextLink
            size="sm"
            mt="xs"
            to="/clinic/$clinicId/theatre/requests"
            params={{ clinicId }}
            search={{}}
            state={searchedFor(filter.q)}
          >
            {t('requests.more')}
          </TextLink>
        ) : null}
      </section>
      <OnceOpened isOpen={scheduled !== null}>
        <ScheduleDialog
          request={scheduled}
          place={chosen === null ? (opened?.place ?? null) : null}
          refused={chosen === null ? (opened?.refused ?? null) : null}
          onScheduled={(caseId, day) => {
            close()
            onOpened(caseId, day)
          }}
          onClose={close}
        />
      </OnceOpened>
    </>
  )
}
