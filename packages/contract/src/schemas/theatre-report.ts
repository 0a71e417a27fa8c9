import Type, { type Static } from 'typebox'
import { nullable } from './fields.ts'
import { component } from './object.ts'

const count = Type.Integer({ minimum: 0 })
const ratio = (description: string) =>
  nullable<number>({ type: 'number' }, { description: `${description}; null: none` })
const minutes = (description: string) =>
  nullable<number>({ type: 'number' }, { description: `${description}, in minutes; null: none` })

/** The definitions, with their sources, are in the server’s rest/theatre-report. */
export const theatreFiguresSchema = component('TheatreFigures', {
  cases: Type.Integer({ minimum: 0, description: 'Planned in these days and not cancelled' }),
  timedCases: Type.Integer({ minimum: 0, description: 'Of these, with the milestones in_room and out_of_room' }),
  blockMinutes: count,
  inBlockMinutes: Type.Integer({ minimum: 0, description: 'From in_room to out_of_room, within blocks' }),
  turnoverInBlockMinutes: Type.Integer({ minimum: 0, description: 'Of turnovers, within blocks' }),
  rawUtilisation: ratio('inBlockMinutes ÷ blockMinutes'),
  adjustedUtilisation: ratio('(inBlockMinutes + turnoverInBlockMinutes) ÷ blockMinutes'),
  firstCases: Type.Integer({
    minimum: 0,
    description: 'First cases of a room’s day, but for urgent and immediate ones, that have in_room',
  }),
  firstCasesOnTime: Type.Integer({ minimum: 0, description: 'In the room at most graceMinutes after their start' }),
  onTimeRate: ratio('firstCasesOnTime ÷ firstCases'),
  firstCaseDelayMinutesMedian: minutes('Median delay of first cases, 0 for early ones'),
  turnovers: count,
  turnoverMinutesMedian: minutes('Median time from out_of_room to the next in_room of the same room and day'),
  overtimeMinutes: Type.Integer({ minimum: 0, description: 'After the end of the room’s last block of the day' }),
  estimateErrorMinutesMedian: minutes('Median of actual minus planned duration'),
  estimateErrorMinutesMeanAbsolute: minutes('Mean difference between actual and planned duration'),
  cancelled: Type.Integer({ minimum: 0, description: 'Cancelled after they were confirmed, and bumped ones' }),
  cancellationRate: ratio('cancelled ÷ (cases + cancelled)'),
  cancellations: Type.Array(
    component('CancellationCount', {
      reason: Type.String({ description: 'The code; `bumped`: gave way to an emergency' }),
      count,
    }),
    { description: 'The most frequent first' },
  ),
  unusedBlocks: Type.Integer({ minimum: 0, description: 'Owned blocks that are over without a case of their owner' }),
  releasedInTime: Type.Integer({ minimum: 0, description: 'Of these, opened to everybody releaseDays before' }),
  releaseCompliance: ratio('releasedInTime ÷ unusedBlocks'),
})

export type TheatreFiguresBody = Static<typeof theatreFiguresSchema>

const ofGroup = { name: Type.String(), figures: theatreFiguresSchema }
const ofResource = component('FiguresOfResource', { key: Type.String({ format: 'uuid' }), ...ofGroup })
const ofText = component('FiguresOfText', { key: Type.String(), ...ofGroup })

export const theatreReportSchema = component('TheatreReport', {
  from: Type.String({ format: 'date' }),
  to: Type.String({ format: 'date', description: 'Inclusive' }),
  graceMinutes: Type.Integer(),
  turnoverMinutesMax: Type.Integer(),
  releaseDays: Type.Integer(),
  total: theatreFiguresSchema,
  byRoom: Type.Array(ofResource),
  byService: Type.Array(ofText),
  bySurgeon: Type.Array(ofResource),
  byDay: Type.Array(ofText, { description: '`key` is the day' }),
})

export type TheatreReportBody = Static<typeof theatreReportSchema>
