import type { EventMessage } from '@holdfast/adapters/rabbitmq'
import type { Published } from '@holdfast/engine'

/** Names the shape of `data`: another one would be an incompatible change. */
const dataSchema = 'urn:holdfast:booking-event:1'

/**
 * An event of a booking as a CloudEvent 1.0 in structured mode, and the routing key `booking.<what>.<clinic id>`. The
 * same event always has the same id. The id includes the time: after the restore of an older copy, another event of the
 * booking gets the same version.
 *
 * @param source the public address of this server
 */
export function cloudEventOf({ name, at, data }: Published, source: string): EventMessage {
  const id = `${data.bookingId}.${data.version}.${at.getTime()}`
  const event = {
    specversion: '1.0',
    id,
    source,
    type: name,
    subject: data.bookingId,
    time: at.toISOString(),
    datacontenttype: 'application/json',
    dataschema: dataSchema,
    data,
  }
  return {
    id,
    routingKey: `${name}.${data.clinicId}`,
    type: name,
    at,
    contentType: 'application/cloudevents+json',
    body: JSON.stringify(event),
  }
}
