import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eachClinicText } from '@holdfast/vocabulary'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ImportSources, readImport } from './read-import.ts'

const now = Temporal.Instant.from('2026-11-20T08:00:00Z')

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-import-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

type Files = Partial<Record<'clinics' | 'doctors' | 'slots', string>>

async function read(files: Files, ending = 'csv') {
  const sources: ImportSources = { document: null, clinics: null, doctors: null, slots: null }
  for (const list of ['clinics', 'doctors', 'slots'] as const) {
    const text = files[list]
    if (text === undefined) continue
    sources[list] = join(directory, `${list}.${ending}`)
    await writeFile(sources[list], text)
  }
  return readImport(sources, now)
}

async function readDocument(text: string) {
  const document = join(directory, 'document.json')
  await writeFile(document, text)
  return readImport({ document, clinics: null, doctors: null, slots: null }, now)
}

const good: Required<Files> = {
  clinics: [
    'clinic,name,timezone,hold_seconds,language',
    'c1,"Praxis, Mitte",Europe/Berlin,300,de',
    'c2,Centro,America/Sao_Paulo,,\n',
  ].join('\n'),
  doctors: [
    'doctor,clinic,name,specialization,languages,fee_amount,fee_currency,appointment_types,rating,video_room',
    'd1,c1,Ana Lima,Cardiology,de;pt-BR,5000,EUR,video;in_person,4.5,https://meet.example.org/{room}',
    'd2,c2,Bo Berg,Dermatology,,,,,,\n',
  ].join('\n'),
  slots: [
    'doctor,starts_at,ends_at,capacity',
    'd1,2026-12-01T08:00:00+01:00,2026-12-01T08:15:00+01:00,3',
    'd2,2026-12-01T11:00:00Z,2026-12-01T11:15:00Z,\n',
  ].join('\n'),
}

describe('reading an import', () => {
  test.each([
    ['a character that changes the direction', 'Praxis \u202eettiM'],
    ['an invisible one', 'Pra\u200bxis Mitte'],
    ['nothing that is visible', '\u2800'],
  ])('refuses a name with %s, as the API does', async (_what, name) => {
    const clinics = `clinic,name,timezone\nc1,${name},Europe/Berlin\n`
    const doctors = `doctor,clinic,name,specialization\nd1,c1,${name},${name}\n`
    const { problems } = await read({ clinics, doctors })
    expect(problems).toHaveLength(3)
    for (const problem of problems) expect(problem).toContain('invisible or change its direction')
  })

  test('reads CSV files into what the engine takes, with line numbers', async () => {
    const { directory: lists, problems } = await read(good)
    expect(problems).toEqual([])
    expect(lists.clinics).toEqual([
      {
        row: 2,
        key: 'c1',
        name: 'Praxis, Mitte',
        timezone: 'Europe/Berlin',
        ...eachClinicText(() => null),
        language: 'de',
        settings: { holdSeconds: 300 },
      },
      { row: 3, key: 'c2', name: 'Centro', timezone: 'America/Sao_Paulo', ...eachClinicText(() => null), settings: {} },
    ])
    expect(lists.doctors[0]).toEqual({
      row: 2,
      key: 'd1',
      clinic: 'c1',
      name: 'Ana Lima',
      specialization: 'Cardiology',
      experienceYears: null,
      rating: 4.5,
      languages: ['de', 'pt-BR'],
      fee: { amount: 5000, currency: 'EUR' },
      appointmentTypes: ['video', 'in_person'],
      videoRoom: 'https://meet.example.org/{room}',
    })
    expect(lists.doctors[1]).toMatchObject({ languages: [], fee: null, appointmentTypes: ['in_person'] })
    expect(lists.slots).toEqual([
      {
        row: 2,
        doctor: 'd1',
        startsAt: new Date('2026-12-01T07:00:00Z'),
        endsAt: new Date('2026-12-01T07:15:00Z'),
        capacity: 3,
      },
      {
        row: 3,
        doctor: 'd2',
        startsAt: new Date('2026-12-01T11:00:00Z'),
        endsAt: new Date('2026-12-01T11:15:00Z'),
        capacity: 1,
      },
    ])
  })

  test('reads the same from one JSON document, with item numbers', async () => {
    const fromCsv = await read(good)
    const { directory: lists, problems } = await readDocument(
      JSON.stringify({
        clinics: [
          { clinic: 'c1', name: 'Praxis, Mitte', timezone: 'Europe/Berlin', holdSeconds: 300, language: 'de' },
          { clinic: 'c2', name: 'Centro', timezone: 'America/Sao_Paulo', phone: null },
        ],
        doctors: [
          {
            doctor: 'd1',
            clinic: 'c1',
            name: 'Ana Lima',
            specialization: 'Cardiology',
            languages: ['de', 'pt-BR'],
            feeAmount: 5000,
            feeCurrency: 'EUR',
            appointmentTypes: ['video', 'in_person'],
            rating: 4.5,
            videoRoom: 'https://meet.example.org/{room}',
          },
          { doctor: 'd2', clinic: 'c2', name: 'Bo Berg', specialization: 'Dermatology' },
        ],
        slots: [
          { doctor: 'd1', startsAt: '2026-12-01T08:00:00+01:00', endsAt: '2026-12-01T08:15:00+01:00', capacity: 3 },
          { doctor: 'd2', startsAt: '2026-12-01T11:00:00Z', endsAt: '2026-12-01T11:15:00Z' },
        ],
      }),
    )
    expect(problems).toEqual([])
    const withoutRows = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll(/"row":\d+,?/g, ''))
    expect(withoutRows(lists)).toEqual(withoutRows(fromCsv.directory))
    expect(lists.slots.map(({ row }) => row)).toEqual([1, 2])
  })

  test('names every bad line of every file: line, column, value and what was expected', async () => {
    const { problems, problemCount } = await read({
      clinics: [
        'clinic,name,timezone,hold_seconds,booking_horizon_days',
        'c1,Centro,Europe/Atlantis,120,',
        'c2,Centro,+03:00,29,731',
        'c3,,Europe/Berlin,-1,1.5',
        'c3,Praxis,Europe/Berlin,,',
      ].join('\n'),
      doctors: [
        'doctor,clinic,name,specialization,rating,languages,fee_amount,fee_currency,' +
          'appointment_types,experience_years,video_room',
        'd1,c9,Ana,Cardiology,5.1,german language,10,,phone,81,http://meet.example.org/x',
        'd2,c1,Ana,Cardiology,,,-5,eur,video;video,,https://user:secret@meet.example.org/',
        'd3,c1,Ana,Cardiology,,,,EUR,,,',
      ].join('\n'),
      slots: [
        'doctor,starts_at,ends_at,capacity',
        'd9,2026-12-01T08:00:00Z,2026-12-01T08:15:00Z,1',
        'd1,2026-12-01T08:00:00,2026-12-01 08:15,1',
        'd1,2026-11-20T08:00:00Z,2026-11-20T08:15:00Z,1',
        'd1,2028-11-21T08:00:00Z,2028-11-21T08:15:00Z,1',
        'd1,2026-12-01T08:00:00Z,2026-12-01T08:00:00Z,1',
        'd1,2026-12-01T09:00:00Z,2026-12-01T08:00:00Z,1',
        'd1,2026-12-01T08:00:00Z,2026-12-01T08:15:00Z,0',
        'd1,2026-12-01T08:00:00Z,2026-12-01T08:15:00Z,-1',
        'd1,2026-12-01T08:00:00Z,2026-12-01T08:15:00Z,1000000000',
        'd1,2026-02-30T08:00:00Z,2026-12-01T08:15:00Z,1',
        'd1,2026-12-31T23:59:60Z,2027-01-01T08:15:00Z,1',
        'd1,2026-12-01T08:00:00Z,2026-12-02T09:00:01Z,1',
      ].join('\n'),
    })
    expect(problems).toEqual([
      'clinics, line 2, timezone "Europe/Atlantis": is not a time zone; expected an IANA name such as Europe/Berlin',
      'clinics, line 3, timezone "+03:00": is not a time zone; expected an IANA name such as Europe/Berlin',
      'clinics, line 3, hold_seconds "29": expected a whole number from 30 to 900',
      'clinics, line 3, booking_horizon_days "731": expected a whole number from 1 to 730',
      'clinics, line 4, name "": expected text of 1–200 characters',
      'clinics, line 4, hold_seconds "-1": expected a whole number from 30 to 900',
      'clinics, line 4, booking_horizon_days "1.5": expected a whole number from 1 to 730',
      'clinics, line 5, clinic "c3": is already on line 4',
      'doctors, line 2, clinic "c9": is neither in the clinics’ file nor a clinic’s id',
      'doctors, line 2, appointment_types "phone": expected at most 2 different of in_person and video, ' +
        'separated by semicolons',
      'doctors, line 2, experience_years "81": expected a whole number from 0 to 80',
      'doctors, line 2, rating "5.1": expected a number from 0 to 5 with at most one decimal',
      'doctors, line 2, languages "german language": expected at most 20 different language tags such as pt-BR, ' +
        'separated by semicolons',
      'doctors, line 2, fee_currency "": is missing beside fee_amount',
      'doctors, line 2, video_room "http://meet.example.org/x": must begin with https:// and have no characters ' +
        'but those of an address',
      'doctors, line 3, appointment_types "video;video": expected at most 2 different of in_person and video, ' +
        'separated by semicolons',
      'doctors, line 3, fee_amount "-5": expected a whole number from 0 to 1,000,000,000',
      'doctors, line 3, fee_currency "eur": expected a currency such as EUR',
      'doctors, line 3, video_room "https://user:secret@meet.example.org/": must hold no user name or password',
      'doctors, line 4, fee_amount "": is missing beside fee_currency',
      'slots, line 2, doctor "d9": is neither in the doctors’ file nor a doctor’s id',
      'slots, line 3, starts_at "2026-12-01T08:00:00": expected a time with its zone, such as ' +
        '2026-12-01T08:00:00-03:00',
      'slots, line 3, ends_at "2026-12-01 08:15": expected a time with its zone, such as 2026-12-01T08:00:00-03:00',
      'slots, line 4, starts_at "2026-11-20T08:00:00Z": lies in the past',
      'slots, line 5, starts_at "2028-11-21T08:00:00Z": lies more than 2 years ahead',
      'slots, line 6, ends_at "2026-12-01T08:00:00Z": is not after starts_at',
      'slots, line 7, ends_at "2026-12-01T08:00:00Z": is not after starts_at',
      'slots, line 8, capacity "0": expected a whole number from 1 to 1,000,000',
      'slots, line 9, capacity "-1": expected a whole number from 1 to 1,000,000',
      'slots, line 10, capacity "1000000000": expected a whole number from 1 to 1,000,000',
      'slots, line 11, starts_at "2026-02-30T08:00:00Z": expected a time with its zone, such as ' +
        '2026-12-01T08:00:00-03:00',
      'slots, line 12, starts_at "2026-12-31T23:59:60Z": expected a time with its zone, such as ' +
        '2026-12-01T08:00:00-03:00',
      'slots, line 13, ends_at "2026-12-02T09:00:01Z": is more than 25 hours after starts_at',
    ])
    expect(problemCount).toBe(problems.length)
  })

  test('refuses unknown columns and fields by name', async () => {
    expect((await read({ clinics: 'clinic,name,timezone,hold\nc,N,UTC,1' })).problems).toEqual([
      expect.stringMatching(/^clinics, line 1: unknown column "hold" \(expected: clinic, name, timezone; optional: /),
    ])
    const json = JSON.stringify([
      { clinic: 'c', name: 'N', timezone: 'UTC', hold_seconds: 120 },
      { clinic: 'd', name: 'N' },
      7,
    ])
    expect((await read({ clinics: json }, 'json')).problems).toEqual([
      expect.stringMatching(/^clinics, item 1: unknown field "hold_seconds" \(expected: .*holdSeconds/),
      'clinics, item 2: the field "timezone" is missing',
      'clinics, item 3 "7": is not an object',
    ])
  })

  test('JSON values of the wrong kind, and fields that exist nowhere, are named', async () => {
    const items =
      '[{"doctor":"d","startsAt":true,"endsAt":{"at":1},"capacity":[1]},' +
      '{"__proto__":{"doctor":"x"},"doctor":"e\\u0000"}]'
    expect((await read({ slots: items }, 'json')).problems).toEqual([
      'slots, item 1, startsAt "true": expected text, a number or a list of texts',
      'slots, item 1, endsAt "{\\"at\\":1}": expected text, a number or a list of texts',
      'slots, item 1, capacity "[1]": expected text, a number or a list of texts',
      expect.stringMatching(/^slots, item 2: unknown field "__proto__"/),
      'slots, item 2, doctor "e\\u0000": contains control characters',
      'slots, item 2: the field "startsAt" is missing',
      'slots, item 2: the field "endsAt" is missing',
    ])
  })

  test.each([
    ['{"clinics": [', 'the file is not JSON'],
    ['[]', 'the file is not an object'],
    ['{"clinic": []}', 'unknown list "clinic"'],
    ['{"clinics": {}}', 'expected a list of clinics'],
    ['\uFEFF', 'the file is not JSON'],
  ])('the document %j is refused', async (text, message) => {
    const { problems } = await readDocument(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(message)
  })

  test('a language that messages do not have is refused', async () => {
    const { problems } = await read({ ...good, clinics: 'clinic,name,timezone,language\nc1,N,UTC,fr\nc2,N,UTC,\n' })
    expect(problems[0]).toBe('clinics, line 2, language "fr": expected en, de, ar')
  })

  test('a problem in one file does not make others of what refers to it', async () => {
    const { problems } = await read({ ...good, clinics: 'clinic,name,timezone\nc1,N,Nowhere\nc2,N,UTC\n' })
    expect(problems).toEqual([expect.stringContaining('clinics, line 2, timezone "Nowhere"')])
  })
})
