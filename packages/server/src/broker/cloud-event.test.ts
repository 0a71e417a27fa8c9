import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Published, publishedEvents } from '@holdfast/engine'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { cloudEventOf } from './cloud-event.ts'

const source = 'https://book.example.org'
const event: Published = {
  clinicNo: 1,
  name: 'booking.confirmed',
  at: new Date('2026-11-23T09:00:00Z'),
  data: {
    bookingId: '01930000-0000-7000-8000-00000000000a',
    version: 2,
    kind: 'appointment',
    clinicId: '01930000-0000-7000-8000-00000000000b',
    doctorId: '01930000-0000-7000-8000-00000000000c',
    slotId: '01930000-0000-7000-8000-00000000000d',
    fromSlotId: null,
    startsAt: '2026-11-24T08:00:00.000Z',
    endsAt: '2026-11-24T08:15:00.000Z',
    units: 1,
    holdExpiresAt: null,
    reason: null,
  },
}

const schema: object = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../test/cloud-events-schema.json'), 'utf8'),
)
const isCloudEvent = addFormats.default(new Ajv({ strict: false })).compile(schema)

/** The event of an operating room, without the times that only appointments have. */
const ofCase = { ...event.data, kind: 'case', startsAt: null, endsAt: null, fromSlotId: event.data.slotId } as const

test.for([...Object.values(publishedEvents).map((name) => ({ ...event, name })), { ...event, data: ofCase }])(
  'the envelope of $name, of a $data.kind, is a CloudEvent by the JSON schema of the specification',
  (published) => {
    const { body, contentType } = cloudEventOf(published, source)
    const envelope: Record<string, unknown> = JSON.parse(body)
    expect(isCloudEvent(envelope), JSON.stringify(isCloudEvent.errors)).toBe(true)
    expect(contentType).toBe('application/cloudevents+json')
    // What the schema does not check: the version, and the names of attributes (section 3.1 of the specification).
    expect(envelope.specversion).toBe('1.0')
    for (const name of Object.keys(envelope)) expect(name).toMatch(/^[a-z0-9]{1,20}$/)
  },
)

test.for(['id', 'source', 'specversion', 'type'])('negative control: without %s it would not be one', (attribute) => {
  const envelope: Record<string, unknown> = JSON.parse(cloudEventOf(event, source).body)
  delete envelope[attribute]
  expect(isCloudEvent(envelope)).toBe(false)
})

test('negative control: nor with a time that is none, or a source that is no URI', () => {
  const envelope: object = JSON.parse(cloudEventOf(event, source).body)
  for (const wrong of [
    { time: 'yesterday' },
    { time: '2026-02-30T09:00:00Z' },
    { source: '' },
    { source: 'a b' },
    { dataschema: 'schema' },
    { subject: '' },
  ]) {
    expect(isCloudEvent({ ...envelope, ...wrong }), JSON.stringify(wrong)).toBe(false)
  }
})

test('its id has the booking, its version and its time, and the routing key names the event and the clinic', () => {
  const { id, routingKey, type, at } = cloudEventOf(event, source)
  expect(id).toBe(`01930000-0000-7000-8000-00000000000a.2.${event.at.getTime()}`)
  expect(routingKey).toBe('booking.confirmed.01930000-0000-7000-8000-00000000000b')
  expect({ type, at }).toEqual({ type: 'booking.confirmed', at: event.at })
})

test('after the restore of an older copy, another event with the same version has another id', () => {
  const instead = { ...event, name: 'booking.cancelled' as const, at: new Date(event.at.getTime() + 1) }
  expect(cloudEventOf(instead, source).id).not.toBe(cloudEventOf(event, source).id)
})

test('the example in docs/operations/rabbitmq.md is what is sent', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/operations/rabbitmq.md'), 'utf8')
  const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? []
  expect(JSON.parse(example)).toEqual(JSON.parse(cloudEventOf(event, source).body))
})
