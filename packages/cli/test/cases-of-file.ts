/** What a file of cases should give, computed from its text alone, without the program’s code. Times in minutes. */
export type ExpectedCases = {
  rows: number
  booked: number
  /** `later row < earlier row` */
  overlaps: string[]
  refusedBlock: number
  figures: Record<string, number | null>
}

type Line = { id: string; room: string; date: string; booked: number; start: number; in: number; out: number }

const blockMinutes = 480

/** For files without quoted line ends, whose cases all have both times in the room. */
export function casesOfFile(text: string): ExpectedCases {
  const lines = text.trim().split('\n').slice(1).map(parse)
  const booked: Line[] = []
  const overlaps: string[] = []
  let refusedBlock = 0
  const used = new Map<string, number>()
  for (const line of lines) {
    const key = `${line.room} ${line.date}`
    const inTheWay = booked.filter(
      (other) =>
        other.room === line.room && other.start < line.start + line.booked && line.start < other.start + other.booked,
    )
    const minutes = (used.get(key) ?? 0) + line.booked
    if (inTheWay.length > 0) overlaps.push(...inTheWay.map((other) => `${line.id} < ${other.id}`))
    else if (minutes > blockMinutes) refusedBlock += 1
    else {
      booked.push(line)
      used.set(key, minutes)
    }
  }
  return { rows: lines.length, booked: booked.length, overlaps, refusedBlock, figures: figuresOf(lines, booked) }
}

function figuresOf(lines: Line[], booked: Line[]): ExpectedCases['figures'] {
  let [inBlock, overtime, onTime, firsts, allTurnovers] = [0, 0, 0, 0, 0]
  const turnovers: number[] = []
  for (const key of new Set(lines.map(({ room, date }) => `${room} ${date}`))) {
    const ofKey = (line: Line) => `${line.room} ${line.date}` === key
    const planned = lines.filter(ofKey)
    const begin = Math.min(...planned.map(({ start }) => start))
    const end = Math.max(begin + blockMinutes, ...planned.map((line) => line.start + line.booked))
    const done = booked.filter(ofKey)
    for (const line of done) {
      inBlock += Math.max(0, Math.min(line.out, end) - Math.max(line.in, begin))
      overtime += Math.max(0, line.out - Math.max(line.in, end))
    }
    const first = done.toSorted((a, b) => a.start - b.start)[0]
    if (first !== undefined) {
      firsts += 1
      // The grace of a report by default.
      if (first.in <= first.start + 5) onTime += 1
    }
    const inOrder = done.toSorted((a, b) => a.in - b.in)
    for (let index = 1; index < inOrder.length; index += 1) {
      const [before, after] = [inOrder[index - 1], inOrder[index]]
      if (before === undefined || after === undefined) continue
      const gap = after.in - before.out
      if (gap < 0 || gap > 90) continue
      turnovers.push(gap)
      allTurnovers += Math.max(0, Math.min(after.in, end) - Math.max(before.out, begin))
    }
  }
  const roomDays = new Set(lines.map(({ room, date }) => `${room} ${date}`)).size
  const errors = booked.map((line) => line.out - line.in - line.booked)
  return {
    cases: booked.length,
    timedCases: booked.length,
    blockMinutes: roomDays * blockMinutes,
    inBlockMinutes: inBlock,
    turnoverInBlockMinutes: allTurnovers,
    rawUtilisation: inBlock / (roomDays * blockMinutes),
    adjustedUtilisation: (inBlock + allTurnovers) / (roomDays * blockMinutes),
    firstCases: firsts,
    firstCasesOnTime: onTime,
    turnovers: turnovers.length,
    turnoverMinutesMedian: middleOf(turnovers),
    overtimeMinutes: overtime,
    estimateErrorMinutesMedian: middleOf(errors),
    estimateErrorMinutesMeanAbsolute: errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length,
    cancelled: 0,
  }
}

function middleOf(values: number[]): number | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return sorted.length % 2 === 1 ? (sorted[half - 0.5] ?? null) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2
}

function parse(line: string): Line {
  const cells = [...line.matchAll(/("([^"]|"")*"|[^,]*)(,|$)/g)].map(([, cell = '']) => cell)
  const [id = '', date = '', room = '', , , , minutes = '', start = '', wheelsIn = '', , , wheelsOut = ''] = cells
  const at = (local: string) => Date.parse(`${local}Z`) / 60_000
  return { id, date, room, booked: Number(minutes), start: at(start), in: at(wheelsIn), out: at(wheelsOut) }
}
