import type { Projection } from '@holdfast/contract/case-state'
import type { TheatreBoard } from '@holdfast/contract/client'
import { Checkbox, Group, Stack, Text } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { planSpan } from '../../../domain/time-grid/span.ts'
import { formatTimes } from '../../../lib/i18n/format.ts'
import { OnceOpened } from '../../../ui/dialogs/once-opened.tsx'
import { useMoveCase } from '../case/use-move-case.ts'
import { conflictText, type Names, namesOf } from '../conflict-text.ts'
import { serviceMarks } from '../service-marks.ts'
import type { BookCaseSearch } from '../theatre-search.ts'
import { useTheatre } from '../use-theatre.ts'
import { BoardContext, type BoardScene } from './board-context.ts'
import { BoardGrid } from './board-grid.tsx'
import { shownSpan } from './board-layout.ts'
import classes from './day-board.module.css'
import { Legend } from './legend.tsx'
import { planConflicts } from './plan-conflicts.ts'
import { useDroppedRequest } from './use-dropped-request.ts'
import { type Planned, usePlanned } from './use-planned.ts'

const route = getRouteApi('/clinic/$clinicId/theatre/')

// Only staff have it.
const BoardWaitlist = lazy(async () => ({ default: (await import('./board-waitlist.tsx')).BoardWaitlist }))
const RefusedMoveDialog = lazy(async () => ({ default: (await import('./refused-move.tsx')).RefusedMoveDialog }))

type DayBoardProps = {
  board: TheatreBoard
  day: string
  now: number
  risks: ReadonlyMap<string, string>
  projections: ReadonlyMap<string, Projection>
  /** @param day of the case, if it is another */
  onOpen: (caseId: string, day?: string) => void
  onBlock: (blockId: string) => void
}

/** The board of a day, with the waitlist beside it. */
export function DayBoard({ board, day, now, risks, projections, onOpen, onBlock }: DayBoardProps) {
  const { t } = useTranslation(['theatre', 'shell'])
  const { timeZone, isStaff, clinicId } = useTheatre()
  const navigate = route.useNavigate()
  const [isWithResources, setWithResources] = useState(false)
  const names = useMemo(() => namesOf(board), [board])
  const { moving, refused, forget } = useMoveCase(names.room)
  const { mutateAsync: move } = moving
  const book = useCallback(
    (search: BookCaseSearch) => void navigate({ to: '/clinic/$clinicId/theatre/book', params: { clinicId }, search }),
    [navigate, clinicId],
  )
  const dropped = useDroppedRequest({ book, onOpen })
  const { planned, handlers, onDrag } = usePlanned({ board, move, drop: dropped.drop })
  // The conflicts of a move that was sent are in the server's response.
  const conflicts =
    planned === null || planned.isSent
      ? []
      : planConflicts(planned.placed, planned.plan, board, { day, timeZone, names }).map((conflict) =>
          conflictText(conflict, names, timeZone, t),
        )
  const scene = useMemo<BoardScene>(
    () => ({
      t,
      board,
      day,
      shown: shownSpan(board, day, timeZone, now),
      timeZone,
      now,
      marks: serviceMarks(board.cases.map(({ service }) => service)),
      risks,
      projections,
      names,
      canMove: isStaff,
      onOpen,
      onBlock,
      onEmpty: (roomId, startsAt) => book({ roomId, startsAt: new Date(startsAt).toISOString() }),
      ...handlers,
    }),
    [t, board, day, timeZone, now, risks, projections, names, isStaff, onOpen, onBlock, book, handlers],
  )
  return (
    <BoardContext value={scene}>
      <Group justify="space-between" align="start" gap="xs" className="no-print">
        <Legend />
        <Checkbox
          label={t('resources.show')}
          checked={isWithResources}
          onChange={({ currentTarget }) => setWithResources(currentTarget.checked)}
        />
      </Group>
      <div className={`${classes.layout} no-print`}>
        <Stack gap="md" miw={0}>
          <BoardGrid planned={planned} conflict={conflicts[0] ?? null} isWithResources={isWithResources} />
          <PlannedText planned={planned} conflicts={conflicts} names={names} />
          {isStaff ? (
            <Text component="div" size="sm" c="dimmed">
              <span className={classes.help}>{t('board.help')}</span>
              <span className={classes.touchHelp}>{t('board.touchHelp')}</span>
            </Text>
          ) : null}
        </Stack>
        {isStaff ? (
          <Suspense fallback={<section data-waitlist />}>
            <BoardWaitlist onDrag={onDrag} opened={dropped.refused} onOpened={onOpen} onClose={dropped.forget} />
          </Suspense>
        ) : null}
      </div>
      <OnceOpened isOpen={refused !== null}>
        <RefusedMoveDialog
          refused={refused}
          names={names}
          isBusy={moving.isPending}
          onMove={(request) => moving.mutate(request)}
          onClose={forget}
        />
      </OnceOpened>
    </BoardContext>
  )
}

type PlannedTextProps = { planned: Planned | null; conflicts: readonly string[]; names: Names }

/** What the ghost on the board shows, for screen readers too. */
function PlannedText({ planned, conflicts, names }: PlannedTextProps) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const sentences = () => {
    if (planned === null || planned.isSent) return null
    const { from, to } = planSpan(planned.plan)
    const values = { room: names.room(planned.plan.roomId), times: formatTimes(from, to, timeZone) }
    return [t('move.planned', values), ...conflicts].join(' · ')
  }
  return (
    <Text role="status" size="sm" mih="1.5rem">
      {sentences()}
    </Text>
  )
}
