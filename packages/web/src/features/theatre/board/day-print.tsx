import { milestoneAt } from '@holdfast/contract/case-state'
import type { Case, Room, TheatreBoard } from '@holdfast/contract/client'
import { Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { startOfDay } from '../../../domain/time-grid/span.ts'
import { comma, formatDayTime, formatNumber, formatTime, formatTimes, formatTimesOn } from '../../../lib/i18n/format.ts'
import { serverNow } from '../../../lib/time/server-clock.ts'
import type { Names } from '../conflict-text.ts'
import { ownerText } from '../owner-text.ts'
import { useTheatre } from '../use-theatre.ts'
import { daysWith, listedSpan, namedTimes } from './board-layout.ts'
import { type CaseFlag, caseFlag } from './case-flag.ts'
import classes from './day-print.module.css'

type DayPrintProps = {
  board: TheatreBoard
  day: string
  now: number
  risks: ReadonlyMap<string, string>
  names: Names
}

/** A day on paper: room by room, what the reader sees of each case on the board. */
export function DayPrint({ board, day, now, risks, names }: DayPrintProps) {
  const { t } = useTranslation('theatre')
  const { clinic, timeZone } = useTheatre()
  const ofDay = board.cases.filter((one) => daysWith(listedSpan(one, now), [day], timeZone).length > 0)
  const cases = Map.groupBy(ofDay, ({ roomId }) => roomId)
  const used = board.rooms.filter(({ id, active }) => active || cases.has(id))
  return (
    <div className="print-only">
      <p className={classes.note}>
        <bdi>{clinic.name}</bdi> · {t('print.at', { time: formatDayTime(serverNow(), timeZone) })}
      </p>
      {used.map((room) => (
        <RoomOnPaper
          key={room.id}
          room={room}
          cases={cases.get(room.id) ?? []}
          board={board}
          day={day}
          now={now}
          risks={risks}
          names={names}
        />
      ))}
    </div>
  )
}

type RoomOnPaperProps = DayPrintProps & { room: Room; cases: readonly Case[] }

function RoomOnPaper({ room, cases, board, day, now, risks, names }: RoomOnPaperProps) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const blocks = board.blocks.filter(({ roomId }) => roomId === room.id)
  const busy = (board.busy ?? []).filter(({ resourceId }) => resourceId === room.id)
  return (
    <section className={classes.room}>
      <Title order={2} size="h4">
        <bdi>{room.name}</bdi>
      </Title>
      {blocks.length === 0 ? null : (
        <p className={classes.note}>
          {blocks
            .map((block) => `${formatTimes(block.from, block.to, timeZone)} ${ownerText(block, names, t)}`)
            .join(' · ')}
        </p>
      )}
      {cases.length === 0 ? <p className={classes.note}>{t('print.noCases')}</p> : null}
      {busy.length === 0 ? null : (
        <p className={classes.note}>
          {t('board.taken')}{' '}
          {busy.map(({ from, to }) => formatTimesOn(startOfDay(day, timeZone), from, to, timeZone)).join(`${comma()} `)}
        </p>
      )}
      {cases.length === 0 ? null : (
        <table className={classes.cases}>
          <thead>
            <tr>
              <th scope="col">{t('field.when')}</th>
              <th scope="col">{t('field.procedure')}</th>
              <th scope="col">{t('field.patient')}</th>
              <th scope="col">{t('print.team')}</th>
              <th scope="col">{t('field.equipment')}</th>
            </tr>
          </thead>
          <tbody>
            {cases.map((one) => (
              <CaseOnPaper key={one.id} one={one} day={day} now={now} flag={caseFlag(one, risks, now)} names={names} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

type CaseOnPaperProps = Pick<DayPrintProps, 'day' | 'now' | 'names'> & { one: Case; flag: CaseFlag | null }

function CaseOnPaper({ one, day, now, flag, names }: CaseOnPaperProps) {
  const { t } = useTranslation(['theatre', 'shell'])
  const { timeZone } = useTheatre()
  const { startsAt, endsAt } = namedTimes(one, now)
  const inRoom = milestoneAt(one, 'in_room')
  const team = [one.surgeonId, ...(one.anaesthetistId === null ? [] : [one.anaesthetistId]), ...one.staffIds]
  return (
    <tr>
      <td className="tabular">
        {formatTimesOn(startOfDay(day, timeZone), startsAt, endsAt, timeZone)}
        {flag === null ? null : <div>{t(`state.${flag}`)}</div>}
        {inRoom === undefined ? null : (
          <div>
            {t('milestone.in_room')} {formatTime(inRoom, timeZone)}
          </div>
        )}
      </td>
      <td>
        <bdi>{one.procedure.display}</bdi>
        <div>
          <bdi>{one.service}</bdi>
          {one.urgency === 'elective' ? null : ` · ${t(`urgency.${one.urgency}`)}`}
        </div>
      </td>
      <td>
        <bdi>{one.patient?.name ?? t('shell:erasedPatient')}</bdi>
        {one.patient === null ? null : (
          <div>
            {t('field.mrn')} <bdi>{one.patient.mrn}</bdi>
          </div>
        )}
        {one.patientFlags.map((flag) => (
          <div key={flag}>
            <strong>
              <bdi>{flag}</bdi>
            </strong>
          </div>
        ))}
        {one.note === null ? null : (
          <div>
            <bdi>{one.note}</bdi>
          </div>
        )}
      </td>
      <td>
        {team.map((id) => (
          <div key={id}>
            <bdi>{names.person(id)}</bdi>
          </div>
        ))}
      </td>
      <td>
        {one.equipment.map(({ equipmentId, units }) => (
          <div key={equipmentId}>
            {formatNumber(units)} × <bdi>{names.equipment(equipmentId)}</bdi>
          </div>
        ))}
      </td>
    </tr>
  )
}
