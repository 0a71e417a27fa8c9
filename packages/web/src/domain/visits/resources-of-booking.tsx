import type { Booking } from '@holdfast/contract/client'
import { Text } from '@mantine/core'

/** The room and the devices that an appointment takes; nothing if it takes none. */
export function ResourcesOfBooking({ booking: { resources = [] } }: { booking: Pick<Booking, 'resources'> }) {
  if (resources.length === 0) return null
  return (
    <Text size="sm" component="span">
      {resources.map(({ id, name }, index) => (
        <span key={id}>
          {index > 0 ? ' · ' : ''}
          <bdi>{name}</bdi>
        </span>
      ))}
    </Text>
  )
}
