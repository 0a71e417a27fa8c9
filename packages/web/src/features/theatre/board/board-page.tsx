import { projectCases } from '@holdfast/contract/case-state'
import { Button, Group, SegmentedControl, Stack } from '@mantine/core'
import { IconPrinter } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDate } from '../../../lib/i18n/format.ts'
import { useNow } from '../../../lib/time/use-now.ts'
import { DayNav } from '../../../ui/day-nav.tsx'
import { OnceOpened } from '../../../ui/dialogs/once-opened.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { Icon } from '../../../ui/icon.tsx'
import { LiveNote } from '../../../ui/live-note.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { usePrinting } from '../../../ui/use-printing.ts'
import { boardDays, boardQuery } from '../board-query.ts'
import { casesAtRisk } from '../case-state.ts'
import { namesOf, noBoard } from '../conflict-text.ts'
import { NoRooms } from '../no-rooms.tsx'
import type { BoardSearch } from '../theatre-search.ts'
import { useLiveTheatreState } from '../use-live-theatre.ts'
import { useTheatre } from '../use-theatre.ts'
import { DayBoard } from './day-board.tsx'
import { DayPrint } from './day-print.tsx'
import { WeekTable } from './week-table.tsx'

const route = getRouteApi('/clinic/$clinicId/theatre/')

const CaseDialog = lazy(async () => ({ default: (await import('../case/case-dialog.tsx')).CaseDialog }))
const BlockDialog = lazy(async () => ({ default: (await import('../setup/block-dialog.tsx')).BlockDialog }))

/** Rooms and their cases, of a day or a week. */
export function BoardPage() {
  const { t } = useTranslation('theatre')
  const { clinicId, today } = useTheatre()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const isWeek = search.view === 'week'
  const [day, days] = boardDays(search.day ?? today, search.view)
  const read = useQuery(boardQuery(clinicId, day, days))
  const now = useNow()
  const live = useLiveTheatreState()
  const names = useMemo(() => namesOf(read.data ?? noBoard), [read.data])
  const projections = useMemo(
    () => projectCases((read.data ?? noBoard).cases, (read.data ?? noBoard).equipment, now),
    [read.data, now],
  )
  const risks = useMemo(() => casesAtRisk(read.data?.cases ?? [], projections), [read.data, projections])
  const [openedBlockId, setOpenedBlockId] = useState<string | null>(null)
  const { isPrinting, print } = usePrinting()
  const show = (next: BoardSearch) => void navigate({ search: next, resetScroll: false })
  const { caseId: _opened, ...place } = search
  const heading = formatDate(day, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
  return (
    <Stack gap="md">
      <Group justify="space-between" align="end">
        <PageTitle>{isWeek ? t('board.weekOf', { day: heading }) : heading}</PageTitle>
        <span className="no-print">
          <LiveNote state={live} of={read} />
        </span>
      </Group>
      <Group justify="space-between" align="end" className="no-print">
        <DayNav day={day} today={today} step={isWeek ? 7 : 1} onChange={(next) => show({ ...place, day: next })} />
        <Group gap="xs">
          <SegmentedControl
            aria-label={t('board.view')}
            value={isWeek ? 'week' : 'day'}
            onChange={(view) => show({ day, ...(view === 'week' ? { view } : {}) })}
            data={[
              { value: 'day', label: t('board.day') },
              { value: 'week', label: t('board.week') },
            ]}
          />
          <Button variant="default" leftSection={<Icon of={IconPrinter} />} onClick={print}>
            {t('print.button')}
          </Button>
        </Group>
      </Group>
      {read.data === undefined ? (
        <LoadingOrError of={read} />
      ) : read.data.rooms.length === 0 ? (
        <NoRooms />
      ) : isWeek ? (
        <WeekTable
          board={read.data}
          now={now}
          risks={risks}
          names={names}
          onOpen={(caseId) => show({ ...place, caseId })}
        />
      ) : (
        <>
          <DayBoard
            board={read.data}
            day={day}
            now={now}
            risks={risks}
            projections={projections}
            onOpen={(caseId, ofDay) => show({ ...place, ...(ofDay === undefined ? {} : { day: ofDay }), caseId })}
            onBlock={setOpenedBlockId}
          />
          {isPrinting ? <DayPrint board={read.data} day={day} now={now} risks={risks} names={names} /> : null}
        </>
      )}
      <OnceOpened isOpen={search.caseId !== undefined}>
        <CaseDialog
          caseId={search.caseId ?? null}
          names={names}
          risks={risks}
          projections={projections}
          onClose={() => show(place)}
        />
      </OnceOpened>
      <OnceOpened isOpen={openedBlockId !== null}>
        <BlockDialog
          block={read.data?.blocks.find(({ id }) => id === openedBlockId) ?? null}
          names={names}
          onClose={() => setOpenedBlockId(null)}
        />
      </OnceOpened>
    </Stack>
  )
}
