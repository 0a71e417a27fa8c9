import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Published } from '@holdfast/engine'
import { Ajv } from 'ajv'
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

const formats = {
  uri: (text: string) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(text),
  'uri-reference': (text: string) => URL.canParse(text, 'https://base.example.org'),
  'date-time': (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text),
}
const schema: object = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../test/cloud-events-schema.json'), 'utf8'),
)
const isCloudEvent = new Ajv({ strict: false, formats }).compile(schema)

test('the envelope is a CloudEvent by the JSON schema of the specification', () => {
  const { body, contentType } = cloudEventOf(event, source)
  const envelope: Record<string, unknown> = JSON.parse(body)
  expect(isCloudEvent(envelope), JSON.stringify(isCloudEvent.errors)).toBe(true)
  expect(contentType).toBe('application/cloudevents+json')
  // What the schema does not check: the version, and the names of attributes (section 3.1 of the specification).
  expect(envelope.specversion).toBe('1.0')
  for (const name of Object.keys(envelope)) expect(name).toMatch(/^[a-z0-9]{1,20}$/)
})

test.for(['id', 'source', 'specversion', 'type'])('negative control: without %s it would not be one', (attribute) => {
  const envelope: Record<string, unknown> = JSON.parse(cloudEventOf(event, source).body)
  delete envelope[attribute]
  expect(isCloudEvent(envelope)).toBe(false)
})

test('negative control: nor with a time that is none, or a source that is no URI', () => {
  const envelope: object = JSON.parse(cloudEventOf(event, source).body)
  for (const wrong of [{ time: 'yesterday' }, { source: '' }, { dataschema: 'schema' }]) {
    expect(isCloudEvent({ ...envelope, ...wrong }), JSON.stringify(wrong)).toBe(false)
  }
})

test('its id is that of the booking and its version, and the routing key names the event and the clinic', () => {
  const { id, routingKey, type, at } = cloudEventOf(event, source)
  expect(id).toBe('01930000-0000-7000-8000-00000000000a.2')
  expect(routingKey).toBe('booking.confirmed.01930000-0000-7000-8000-00000000000b')
  expect({ type, at }).toEqual({ type: 'booking.confirmed', at: event.at })
})

test('the example in docs/operations/rabbitmq.md is what is sent', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/operations/rabbitmq.md'), 'utf8')
  const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? []
  expect(JSON.parse(example)).toEqual(JSON.parse(cloudEventOf(event, source).body))
})
