import type { Projection } from '@holdfast/contract/case-state'
import type { Case, TheatreBoard } from '@holdfast/contract/client'
import { Checkbox, Group, Stack, Text } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatTimes } from '../../../lib/i18n/format.ts'
import { OnceOpened } from '../../../ui/dialogs/once-opened.tsx'
import { useMoveCase } from '../case/use-move-case.ts'
import type { Plan } from '../case-plan.ts'
import { conflictText, namesOf } from '../conflict-text.ts'
import { serviceMarks } from '../service-marks.ts'
import type { BookCaseSearch } from '../theatre-search.ts'
import { useTheatre } from '../use-theatre.ts'
import { BoardContext, type BoardScene } from './board-context.ts'
import { BoardGrid } from './board-grid.tsx'
import { planSpan, shownSpan } from './board-layout.ts'
import classes from './day-board.module.css'
import { Legend } from './legend.tsx'
import { planConflicts } from './plan-conflicts.ts'
import { useDroppedRequest } from './use-dropped-request.ts'

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
type Planned = { one: Case; plan: Plan; isSent: boolean }

/** The board of a day, with the waitlist beside it. */
export function DayBoard({ board, day, now, risks, projections, onOpen, onBlock }: DayBoardProps) {
  const { t } = useTranslation(['theatre', 'shell'])
  const { timeZone, isStaff, clinicId } = useTheatre()
  const navigate = route.useNavigate()
  const [planned, setPlanned] = useState<Planned | null>(null)
  const [isWithResources, setWithResources] = useState(false)
  const names = useMemo(() => namesOf(board), [board])
  const { moving, refused, forget } = useMoveCase(names.room)
  const { mutateAsync: move } = moving
  const book = useCallback(
    (search: BookCaseSearch) => void navigate({ to: '/clinic/$clinicId/theatre/book', params: { clinicId }, search }),
    [navigate, clinicId],
  )
  // The conflicts of a move that was sent are in the server's response.
  const conflicts =
    planned === null || planned.isSent
      ? []
      : planConflicts(planned.one, planned.plan, board, { day, timeZone, names }).map((conflict) =>
          conflictText(conflict, names, timeZone, t),
        )
  const dropped = useDroppedRequest({ book, onOpen })
  const { drop } = dropped
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
      onRequest: (requestId, roomId, startsAt) =>
        void drop(requestId, { roomId, startsAt: new Date(startsAt).toISOString() }),
      onPlan: (one, plan) => setPlanned(plan === null ? null : { one, plan, isSent: false }),
      onMove: (one, plan) => {
        setPlanned({ one, plan, isSent: true })
        // Its outcome is shown by useMoveCase.
        void move({ one, plan })
          .catch(() => undefined)
          .finally(() => setPlanned(null))
      },
    }),
    [t, board, day, timeZone, now, risks, projections, names, isStaff, onOpen, onBlock, book, drop, move],
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
          <Text role="status" size="sm" mih="1.5rem">
            {planned === null || planned.isSent
              ? null
              : [
                  t('move.planned', {
                    room: names.room(planned.plan.roomId),
                    times: formatTimes(planSpan(planned.plan).from, planSpan(planned.plan).to, timeZone),
                  }),
                  ...conflicts,
                ].join(' · ')}
          </Text>
          {isStaff ? (
            <Text component="div" size="sm" c="dimmed">
              <span className={classes.help}>{t('board.help')}</span>
              <span className={classes.touchHelp}>{t('board.touchHelp')}</span>
            </Text>
          ) : null}
        </Stack>
        {isStaff ? (
          <Suspense fallback={<section data-waitlist />}>
            <BoardWaitlist opened={dropped.refused} onOpened={onOpen} onClose={dropped.forget} />
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
