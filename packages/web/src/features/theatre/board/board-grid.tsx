import type { Block, BusyTime, Case, Room } from '@holdfast/contract/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { placedStyle } from '../../../domain/time-grid/placed-style.ts'
import { hoursOf, minuteMs } from '../../../domain/time-grid/span.ts'
import { formatTime } from '../../../lib/i18n/format.ts'
import { useAfterFirstPaint } from '../../../ui/use-after-first-paint.ts'
import { useBoard } from './board-context.ts'
import classes from './board-grid.module.css'
import { WithCaseCards } from './case-card.tsx'
import { ResourceRows } from './resource-rows.tsx'
import { RoomRow } from './room-row.tsx'
import { useFirstScroll } from './use-first-scroll.ts'
import type { Planned } from './use-planned.ts'

type BoardGridProps = {
  planned: Planned | null
  /** What is against it, as far as the board shows; null: nothing. */
  conflict: string | null
  /** Whether the rows of people and equipment are shown below the rooms. */
  isWithResources: boolean
}

/** The height of a row, without its border: board-grid.module.css. */
const rowPixelsMin = 108
/** The height of the page's head, above the first room. */
const headPixelsMin = 240

/** How many rooms are in sight at first: their cases are painted before those of the others. */
function roomsFirst(): number {
  return Math.ceil((window.innerHeight - headPixelsMin) / rowPixelsMin)
}

/**
 * Rooms × hours. Not `ResourcesDayView` of @mantine/schedule: it moves events by HTML drag and drop, which has no
 * keyboard equivalent, and takes local times, with which days on which the clocks change are wrong.
 */
export function BoardGrid({ planned, conflict, isWithResources }: BoardGridProps) {
  const { t } = useTranslation('theatre')
  const { board, shown, timeZone } = useBoard()
  const scrollRef = useFirstScroll()
  const hours = hoursOf(shown)
  const cases = Map.groupBy(board.cases, ({ roomId }) => roomId)
  const blocks = Map.groupBy(board.blocks, ({ roomId }) => roomId)
  const busy = Map.groupBy(board.busy ?? neverBusy, ({ resourceId }) => resourceId)
  const isWhole = useAfterFirstPaint()
  const inSight = roomsFirst()
  const [lastFocused, setLastFocused] = useState<string | null>(null)
  // One stop of the Tab key: arrows lead to the other cases and blocks.
  const tabStop =
    board.cases.find(({ id }) => id === lastFocused) ??
    board.blocks.find(({ id }) => id === lastFocused) ??
    firstOf(board.rooms, cases) ??
    firstOf(board.rooms, blocks)
  return (
    <WithCaseCards
      ref={scrollRef}
      className={classes.scroll}
      aria-label={t('board.label')}
      onFocus={({ target }) => setLastFocused(target.closest<HTMLElement>('[data-stop]')?.dataset.stop ?? null)}
    >
      <div className={classes.board} style={{ ['--hours' as string]: hours.length }}>
        <div className={classes.hours} aria-hidden="true">
          <div className={classes.corner} data-corner />
          <div className={classes.ticks}>
            {hours.map((hour) => (
              <span key={hour} style={placedStyle({ from: hour, to: hour + 60 * minuteMs }, shown)}>
                {formatTime(hour, timeZone)}
              </span>
            ))}
          </div>
        </div>
        {board.rooms.map((room, index) => (
          <RoomRow
            key={room.id}
            room={room}
            cases={isWhole || index < inSight ? (cases.get(room.id) ?? noCases) : noCases}
            blocks={blocks.get(room.id) ?? noBlocks}
            busy={busy.get(room.id) ?? neverBusy}
            ghost={planned?.plan.roomId === room.id ? planned.plan : null}
            isGhostSent={planned?.isSent ?? false}
            conflict={planned?.plan.roomId === room.id ? conflict : null}
            plannedCaseId={planned?.placed.id ?? null}
            tabStopId={tabStop?.roomId === room.id ? tabStop.id : null}
          />
        ))}
        {isWithResources ? <ResourceRows /> : null}
      </div>
    </WithCaseCards>
  )
}

function firstOf<One>(rooms: readonly Room[], byRoom: Map<string, One[]>): One | undefined {
  return rooms.flatMap(({ id }) => byRoom.get(id)?.[0] ?? [])[0]
}

const noCases: Case[] = []
const noBlocks: Block[] = []
const neverBusy: BusyTime[] = []
