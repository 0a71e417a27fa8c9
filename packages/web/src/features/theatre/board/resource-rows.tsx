import { Text } from '@mantine/core'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { placedStyle } from '../../../domain/time-grid/placed-style.ts'
import { formatNumber, formatTimesOn } from '../../../lib/i18n/format.ts'
import { currentLocale } from '../../../lib/i18n/i18n.ts'
import { useBoard } from './board-context.ts'
import classes from './board-grid.module.css'
import { type ResourceOnBoard, resourcesOf } from './resources-of.ts'

/** Below the rooms: when each person and each piece of equipment is taken. */
export function ResourceRows() {
  const { board, names, now } = useBoard()
  const nameOf = ({ kind, id }: ResourceOnBoard) => (kind === 'equipment' ? names.equipment(id) : names.person(id))
  const isEquipment = ({ kind }: ResourceOnBoard) => (kind === 'equipment' ? 1 : 0)
  const sorted = resourcesOf(board, now).sort(
    (a, b) =>
      isEquipment(a) - isEquipment(b) ||
      nameOf(a).localeCompare(nameOf(b), currentLocale(), { numeric: true }) ||
      a.unit - b.unit,
  )
  return sorted.map((one) => <ResourceRow key={`${one.id} ${one.unit}`} resource={one} name={nameOf(one)} />)
}

function ResourceRow({ resource, name }: { resource: ResourceOnBoard; name: string }) {
  const { t } = useTranslation('theatre')
  const { shown, timeZone, names } = useBoard()
  const id = useId()
  return (
    <section className={classes.row} aria-labelledby={id}>
      <div className={classes.room}>
        <Text size="sm" fw={600} id={id}>
          <bdi>
            {resource.kind === 'equipment' ? t('resources.unit', { name, unit: formatNumber(resource.unit) }) : name}
          </bdi>
        </Text>
        <Text size="xs" c="dimmed">
          {t(`resources.${resource.kind}`)}
        </Text>
      </div>
      <ul className={classes.resourceTrack}>
        {resource.times.map((time) => (
          <li key={time.from} style={placedStyle(time, shown)}>
            {formatTimesOn(shown.from, time.from, time.to, timeZone)}{' '}
            <bdi>{time.roomId === null ? t('board.taken') : names.room(time.roomId)}</bdi>
          </li>
        ))}
      </ul>
    </section>
  )
}
