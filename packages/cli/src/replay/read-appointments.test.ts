import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeBadLine } from '../tables/bad-lines.ts'
import { readAppointments } from './read-appointments.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-read-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

const header = 'appointment_id,patient_id,booked_at,appointment_date,health_unit,gender,age'

async function read(...lines: (string | Buffer)[]) {
  const path = join(directory, 'appointments.csv')
  await writeFile(path, Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])))
  const { appointments, bad } = await readAppointments(path)
  return { appointments, bad: bad.lines.map((line) => describeBadLine(line)), count: bad.count }
}

describe('reading appointments', () => {
  test('sorts by when they were booked, and keeps the order of the file within a second', async () => {
    const { appointments, bad } = await read(
      header,
      '3,30,2016-05-01T09:00:00Z,2016-05-04,RESISTÊNCIA,F,51',
      '1,10,2016-04-30T09:00:00Z,2016-05-04,"JOANA D´ARC",F,51',
      '2,20,2016-05-01T06:00:00-03:00,2016-05-04,"QUOTED, WITH ""COMMA""",M,0',
    )
    expect(bad).toEqual([])
    expect(appointments.map(({ appointmentId }) => appointmentId)).toEqual(['1', '3', '2'])
    expect(appointments[2]?.healthUnit).toBe('QUOTED, WITH "COMMA"')
    expect(appointments[1]?.date.toString()).toBe('2016-05-04')
  })

  test('finds the columns by name: in any order, without the unused ones, with a byte order mark or CRLF', async () => {
    const { appointments, bad } = await read(
      '\uFEFFhealth_unit,appointment_date,booked_at,patient_id,appointment_id\r',
      'CENTRO,2016-05-04,2016-05-01T09:00:00Z,7,8\r',
    )
    expect(bad).toEqual([])
    expect(appointments).toMatchObject([{ appointmentId: '8', patientId: '7', healthUnit: 'CENTRO' }])
  })

  test('names every bad line by its number, its column, its value and what was expected', async () => {
    const { appointments, bad } = await read(
      header,
      '1,10,yesterday,2016-05-04,CENTRO,F,1',
      '2,20,2016-05-01T09:00:00,2016-05-04,CENTRO,F,1',
      '3,30,2016-05-01T09:00:00Z,2016-02-30,CENTRO,F,1',
      '4,40,2016-05-01T09:00:00Z,2016-05-04,,F,1',
      '5,50,2016-05-01T09:00:00Z,2016-05-04,CENTRO,F',
      'ação,,2016-05-01T25:00:00Z,04/05/2016,CENTRO,F,1',
      '7,70,2016-05-01T09:00:00Z,2016-05-04,CENTRO,F,1',
      '7,71,2016-05-01T09:00:00Z,2016-05-04,CENTRO,F,1',
      `8,80,2016-05-01T09:00:00Z,2016-05-04,${'X'.repeat(181)},F,1`,
      '9,90,2016-05-01T09:00:00Z,2016-05-04,CEN\u0000TRO,F,1',
      Buffer.from('10,100,2016-05-01T09:00:00Z,2016-05-04,S\xe3O PEDRO,F,1', 'latin1'),
    )
    expect(appointments).toHaveLength(1)
    expect(bad).toEqual([
      'line 2, booked_at "yesterday": expected a time with its zone, such as 2016-04-29T07:13:56Z',
      'line 3, booked_at "2016-05-01T09:00:00": expected a time with its zone, such as 2016-04-29T07:13:56Z',
      'line 4, appointment_date "2016-02-30": expected a date that exists, such as 2016-05-04',
      'line 5, health_unit "": expected a name of 1–180 characters',
      'line 6: has 6 values, but there are 7 columns',
      'line 7, appointment_id "ação": expected 1–100 printable ASCII characters',
      'line 7, patient_id "": expected 1–100 printable ASCII characters',
      'line 7, booked_at "2016-05-01T25:00:00Z": expected a time with its zone, such as 2016-04-29T07:13:56Z',
      'line 7, appointment_date "04/05/2016": expected a date that exists, such as 2016-05-04',
      'line 9, appointment_id "7": is already on line 8; each appointment needs its own id',
      `line 10, health_unit "${'X'.repeat(80)}…": expected a name of 1–180 characters`,
      'line 11, health_unit "CEN\\u0000TRO": contains control characters',
      'line 12, health_unit "S\uFFFDO PEDRO": is not UTF-8 text; save the file as UTF-8',
    ])
  })

  test('counts more bad lines than it lists', async () => {
    const { bad, count } = await read(
      header,
      ...Array.from({ length: 1000 }, (_, index) => `${index},1,x,2016-05-04,A,F,1`),
    )
    expect(count).toBe(1000)
    expect(bad).toHaveLength(100)
  })

  test('refuses unknown, missing and repeated columns by name', async () => {
    expect((await read('appointment_id,patient_id,booked_at,appointment_date,unit,unit2')).bad).toEqual([
      expect.stringMatching(/^line 1: unknown column "unit" \(expected: appointment_id, .*optional: gender, age\)$/),
      expect.stringMatching(/^line 1: unknown column "unit2"/),
      expect.stringMatching(/^line 1: the column "health_unit" is missing/),
    ])
    expect((await read(`${header},age`)).bad).toEqual(['line 1: the column "age" is there twice'])
  })

  test('says so when the file is empty, has only a header, or a quote that never ends', async () => {
    expect((await read('')).bad).toEqual(['line 1: the file is empty; the first line must name the columns'])
    expect((await read(header)).bad).toEqual(['line 2: there are no appointments in the file'])
    expect((await read(header, '1,"10,2016-05-01T09:00:00Z,2016-05-04,CENTRO,F,1', 'x')).bad).toEqual([
      expect.stringMatching(/^line \d+: a quoted value that begins here or later is never closed$/),
    ])
    const several = await read('# no header', header, '1,1"0,2016-05-01T09:00:00Z,2016-05-04,CENTRO,F,1', ',,,', '2')
    expect(several.bad[0]).toMatch(/^line 1: unknown column "# no header"/)
    const quotes = await read(header, '1,1"0,2016-05-01T09:00:00Z,2016-05-04,CENTRO,F,1', '2', '3,"4"5,x,x,x,x,x')
    // Line 3 lies between two quotes: it may have been meant as part of a value.
    expect(quotes.bad).toEqual([
      expect.stringMatching(/^line 2: a quote is in the middle of a value/),
      expect.stringMatching(/^line 4: a quote is in the middle of a value/),
    ])
    expect((await read('"appointment_id', header)).bad[0]).toMatch(/^line \d: a quoted value .* is never closed$/)
    expect((await read(header, `1,${'9'.repeat(70_000)},2016-05-01T09:00:00Z,2016-05-04,CENTRO,F,1`)).bad).toEqual([
      expect.stringMatching(/^line 2: the line is longer than/),
    ])
  })

  test('a file that is not there is an error with its path', async () => {
    await expect(readAppointments(join(directory, 'nowhere.csv'))).rejects.toThrow(/ENOENT.*nowhere\.csv/)
  })
})
