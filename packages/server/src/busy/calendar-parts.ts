import { InvalidCalendar } from './invalid-calendar.ts'

/** Names are in capitals. */
export type Property = { name: string; parameters: ReadonlyMap<string, string>; value: string }

/** `isBroken`: something else ended before it. */
export type Part = { name: string; properties: Property[]; parts: Part[]; isBroken: boolean }

/**
 * The VCALENDAR objects of a text, and last what is beside them. Only the structure is checked: a line that is no
 * property is skipped, so that it does not cost the event that it is in. Line ends are those of any system.
 *
 * @throws InvalidCalendar there is none, or the text ends before it does: then events would be missing unnoticed
 */
export function calendarParts(text: string): Part[] {
  const root = aPart('')
  const open: Part[] = [root]
  for (const line of unfolded(text)) {
    const property = propertyIn(line)
    const parent = open.at(-1)
    if (property === null || parent === undefined) continue
    const { name, value } = property
    if (name === 'BEGIN') begin(open, value.trim().toUpperCase())
    else if (name === 'END') end(open, value.trim().toUpperCase())
    else parent.properties.push(property)
  }
  if (open.length > 1) throw new InvalidCalendar('invalid', 'The iCalendar file is not complete.')
  const calendars = root.parts.filter(({ name }) => name === 'VCALENDAR')
  if (calendars.length === 0) throw new InvalidCalendar('invalid', 'The response is no iCalendar file.')
  // Events beside the calendars count too.
  return [...calendars, root]
}

export function propertyOf(part: Part, name: string): Property | undefined {
  return part.properties.find((property) => property.name === name)
}

export function propertiesOf(part: Part, name: string): Property[] {
  return part.properties.filter((property) => property.name === name)
}

/** The value in capitals; '' if there is none. */
export function wordOf(part: Part, name: string): string {
  return propertyOf(part, name)?.value.trim().toUpperCase() ?? ''
}

const aPart = (name: string): Part => ({ name, properties: [], parts: [], isBroken: false })

/** What no other part may be in. */
const outermost = new Set(['VEVENT', 'VFREEBUSY', 'VTIMEZONE', 'VTODO', 'VJOURNAL'])

function begin(open: Part[], name: string): void {
  // The end of the part before is missing.
  const before = outermost.has(name) ? open.findIndex((part) => outermost.has(part.name)) : -1
  if (name === 'VCALENDAR') breakFrom(open, 1)
  else if (before !== -1) breakFrom(open, before)
  const part = aPart(name)
  open.at(-1)?.parts.push(part)
  open.push(part)
}

function end(open: Part[], name: string): void {
  const at = open.findLastIndex((part) => part.name === name)
  if (at < 1) return
  breakFrom(open, at + 1)
  open.pop()
}

function breakFrom(open: Part[], at: number): void {
  for (const part of open.splice(at)) part.isBroken = true
}

/** Its lines; one that begins with a space or a tab continues the line before. */
function unfolded(text: string): string[] {
  return text
    .replace(/^\uFEFF/, '')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/\n[ \t]/g, '')
    .split('\n')
}

/** null: it is none. A colon or a semicolon in quotes belongs to a parameter. */
function propertyIn(line: string): Property | null {
  const ends = separatorsIn(line)
  const colon = ends.at(-1)
  if (colon === undefined || line[colon] !== ':') return null
  const [name = '', ...parameters] = ends.map((to, index) =>
    line.slice(index === 0 ? 0 : (ends[index - 1] ?? 0) + 1, to),
  )
  return {
    name: name.trim().toUpperCase(),
    parameters: new Map(parameters.map(parameterIn)),
    value: line.slice(colon + 1),
  }
}

/** The positions of the semicolons before the value, and of the colon. */
function separatorsIn(line: string): number[] {
  const found: number[] = []
  let isQuoted = false
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at]
    if (character === '"') isQuoted = !isQuoted
    if (isQuoted || (character !== ';' && character !== ':')) continue
    found.push(at)
    if (character === ':') break
  }
  return found
}

function parameterIn(text: string): [string, string] {
  const at = text.indexOf('=')
  const value = text.slice(at + 1).trim()
  return [text.slice(0, Math.max(0, at)).trim().toUpperCase(), value.replace(/^"(.*)"$/, '$1')]
}
