import { restOperations } from '@holdfast/contract'
import { type Block, type Case, localDays } from '@holdfast/engine'
import { yearDaysMax } from '@holdfast/vocabulary'
import { shortCsvResponse } from '../responses/csv.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Input, Serve } from '../serve.ts'
import { dayStart } from '../theatre-report/performed-case.ts'
import { reportRows } from '../theatre-report/report-csv.ts'
import { isEnded, theatreReport } from '../theatre-report/theatre-report.ts'
import { requireDays } from './local-days.ts'

/** Cases and blocks are read by the week, so that no query is long. */
const daysAtOnce = 7

type ReportInput = Input<typeof restOperations.getTheatreReport>

/** The theatre's figures, as JSON and as a CSV file. */
export function serveTheatreReports(serve: Serve, deps: RestDeps): void {
  serve(restOperations.getTheatreReport, async (input) => ({ status: 200, body: await report(deps, input) }))

  serve(restOperations.exportTheatreReport, async (input) => {
    const { from, to, separator } = input.query
    const name = `theatre-${from}-${to}`
    return shortCsvResponse({ name, separator, ...reportRows(await report(deps, input)) })
  })
}

async function report({ engine: { theatre }, now }: RestDeps, { query, granted: { clinic } }: ReportInput) {
  const { from, to } = query
  requireDays(from, to, yearDaysMax)
  const clinicNo = clinic.no
  const blocks: Block[] = []
  const cases: Case[] = []
  const days = localDays(from, to, clinic.timezone)
  for (let index = 0; index < days.length; index += daysAtOnce) {
    const week = days.slice(index, index + daysAtOnce)
    const [first, last] = [week[0], week.at(-1)]
    if (first === undefined || last === undefined) break
    const range = { clinicNo, from: first.start, to: last.end }
    const blocksOfWeek = await theatre.blocks(range)
    const blocksById = new Map(blocksOfWeek.map((block) => [block.id, block]))
    // A block of the last day may end on the next one.
    const to = new Date(Math.max(last.end.getTime(), ...blocksOfWeek.map((block) => block.to.getTime())))
    const casesOfWeek = await theatre.cases({ ...range, to, withEnded: true })
    // What is planned before this week, or after it, is counted there.
    const isOfWeek = (at: Date) => at >= first.start && at < last.end
    blocks.push(...blocksOfWeek.filter((block) => isOfWeek(block.from)))
    cases.push(...casesOfWeek.filter((one) => isOfWeek(dayStart(one, blocksById))))
  }
  const named = [...blocks, ...cases].flatMap(({ roomId, surgeonId }) => [roomId, ...(surgeonId ? [surgeonId] : [])])
  const names = await theatre.names(clinicNo, [...new Set(named)])
  const ended = cases.filter(isEnded).map(({ id }) => id)
  const confirmedIds = await theatre.confirmedCases(clinicNo, ended)
  return theatreReport({ ...query, timezone: clinic.timezone, now: now(), blocks, cases, confirmedIds, names })
}
