import type { Block, BusyTime, Case, Room } from '@holdfast/contract/client'
import { Text, VisuallyHidden } from '@mantine/core'
import { type DragEvent, memo, useId } from 'react'
import { useTranslation } from 'react-i18next'
import { laneOf } from '../../../domain/time-grid/lanes.ts'
import { moveFocus } from '../../../domain/time-grid/move-focus.ts'
import { placedStyle } from '../../../domain/time-grid/placed-style.ts'
import { closedSpans, planSpan, snapped } from '../../../domain/time-grid/span.ts'
import { timeAt } from '../../../domain/time-grid/time-at.ts'
import { formatMinutes, formatTime, formatTimesOn } from '../../../lib/i18n/format.ts'
import type { Plan } from '../case-plan.ts'
import { ownerText } from '../owner-text.ts'
import { requestDragType } from '../requests/request-drag-type.ts'
import { useBoard } from './board-context.ts'
import classes from './board-grid.module.css'
import { lanesOf, openSpans } from './board-layout.ts'
import signClasses from './board-signs.module.css'
import { CaseBlock } from './case-block.tsx'

type RoomRowProps = {
  room: Room
  cases: readonly Case[]
  blocks: readonly Block[]
  /** When cases of others take it, for doctors. */
  busy: readonly BusyTime[]
  ghost: Plan | null
  isGhostSent: boolean
  /** What is against the ghost's place. */
  conflict: string | null
  plannedCaseId: string | null
  tabStopId: string | null
}

/** A room: its name, when it is closed, its blocks, and its cases at their times. */
export const RoomRow = memo(function RoomRow(props: RoomRowProps) {
  const { room, cases, blocks, busy, ghost, isGhostSent, conflict, plannedCaseId, tabStopId } = props
  const id = useId()
  const { t } = useTranslation('theatre')
  const { shown, day, timeZone, now, canMove, onEmpty } = useBoard()
  const dropTarget = useDropTarget(room)
  const lanes = lanesOf(cases, now, shown)
  const lanesMax = Math.max(1, ...[...lanes.values()].map((one) => one.lanes))
  const isNowShown = now >= shown.from && now < shown.to
  return (
    <section className={classes.row} aria-labelledby={id}>
      <div className={classes.room}>
        <Text fw={600} fz="inherit" id={id}>
          <bdi>{room.name}</bdi>
        </Text>
        {room.site === null ? null : (
          <Text size="sm" c="dimmed">
            {room.site}
          </Text>
        )}
        {room.active ? null : <Text size="sm">{t('board.inactive')}</Text>}
      </div>
      <div
        className={classes.track}
        style={{ ['--lanes-max' as string]: lanesMax }}
        data-track={room.id}
        {...dropTarget}
      >
        {canMove && room.active ? (
          // The pointer’s way to book here; the keyboard’s is the button above the board.
          <button
            type="button"
            tabIndex={-1}
            aria-hidden="true"
            className={classes.empty}
            onClick={(event) => onEmpty(room.id, snapped(timeAt(event.currentTarget, event, shown, 'inline'), 15))}
          />
        ) : null}
        {closedSpans(openSpans(room, day, timeZone), shown).map((span) => (
          <div key={span.from} className={`${classes.closed} ${signClasses.closed}`} style={placedStyle(span, shown)} />
        ))}
        {blocks.map((block) => (
          <BlockBehind key={block.id} block={block} isTabStop={block.id === tabStopId} />
        ))}
        {busy.map((one) => (
          <BusyRoom key={one.from} busy={one} />
        ))}
        {cases.map((one) => (
          <CaseBlock
            key={one.id}
            one={one}
            {...laneOf(lanes, one.id)}
            isPlanned={one.id === plannedCaseId}
            isTabStop={one.id === tabStopId}
          />
        ))}
        {ghost === null ? null : (
          <div
            className={classes.ghost}
            data-sent={isGhostSent || undefined}
            data-conflict={conflict !== null || undefined}
            style={placedStyle(planSpan(ghost), shown)}
          >
            <span>
              {formatTime(ghost.startsAt, timeZone)}–{formatTime(planSpan(ghost).to, timeZone)}
            </span>
            {conflict === null ? null : <span className={classes.conflict}>{conflict}</span>}
          </div>
        )}
        {isNowShown ? <div className={classes.now} style={placedStyle({ from: now, to: shown.to }, shown)} /> : null}
      </div>
    </section>
  )
})

/** A request of the waitlist can be dropped anywhere in the room, also on what is there: then that is in the way. */
function useDropTarget(room: Room) {
  const { shown, canMove, onRequest, onRequestOver } = useBoard()
  if (!canMove || !room.active) return {}
  const isRequest = ({ dataTransfer }: DragEvent) => dataTransfer.types.includes(requestDragType)
  const placeOf = (event: DragEvent) => ({
    roomId: room.id,
    startsAt: snapped(timeAt(event.currentTarget, event, shown, 'inline'), 15),
  })
  return {
    onDragOver(event: DragEvent) {
      if (!isRequest(event)) return
      event.preventDefault()
      onRequestOver(placeOf(event))
    },
    onDragLeave({ currentTarget, relatedTarget }: DragEvent) {
      if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) onRequestOver(null)
    },
    onDrop(event: DragEvent) {
      if (!isRequest(event)) return
      event.preventDefault()
      onRequest(event.dataTransfer.getData(requestDragType), placeOf(event))
    },
  }
}

function BlockBehind({ block, isTabStop }: { block: Block; isTabStop: boolean }) {
  const { t } = useTranslation('theatre')
  const { shown, timeZone, names, onBlock } = useBoard()
  const left = t('block.left', { minutes: formatMinutes(Math.max(0, block.minutes - block.usedMinutes)) })
  const owner = ownerText(block, names, t)
  const span = { from: Date.parse(block.from), to: Date.parse(block.to) }
  return (
    <div
      className={classes.block}
      data-released={block.isReleased || undefined}
      style={placedStyle(span, shown)}
      title={`${owner} · ${left}`}
    >
      <button
        type="button"
        tabIndex={isTabStop ? 0 : -1}
        data-stop={block.id}
        data-behind
        onClick={() => onBlock(block.id)}
        onKeyDown={(event) => moveFocus(event, 'inline')}
      >
        <VisuallyHidden>
          {t('block.title')} {formatTime(block.from, timeZone)}–{formatTime(block.to, timeZone)}:{' '}
        </VisuallyHidden>
        <bdi>{owner}</bdi> <span>· {left}</span>
      </button>
    </div>
  )
}

/** A case of another surgeon: only that the room is taken. */
function BusyRoom({ busy }: { busy: BusyTime }) {
  const { t } = useTranslation('theatre')
  const { shown, timeZone } = useBoard()
  const span = { from: Date.parse(busy.from), to: Date.parse(busy.to) }
  return (
    <div className={classes.busy} style={placedStyle(span, shown)}>
      <span>
        {t('board.taken')} {formatTimesOn(shown.from, busy.from, busy.to, timeZone)}
      </span>
    </div>
  )
}
