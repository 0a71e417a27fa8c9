import { WINDOWS_TO_IANA_MAP } from 'windows-iana'

const nameLengthMax = 200

/**
 * The IANA name, or the offset, that a name in a calendar file certainly means: that of IANA, also with a prefix such
 * as that of Mozilla, that of Windows, in English also as Outlook shows it, or an offset. null: a name that means
 * nothing, and must not be guessed.
 */
export function zoneNamed(name: string): string | null {
  if (name.length > nameLengthMax) return null
  const text = name
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim()
  return ianaIn(text) ?? windowsZones.get(text.toLowerCase()) ?? offsetIn(text) ?? shownByOutlook(text)
}

function ianaIn(text: string): string | null {
  const parts = text.split('/')
  const ends = [text, ...(parts.length > 2 ? [parts.slice(-3).join('/'), parts.slice(-2).join('/')] : [])]
  return ends.find(isZone) ?? null
}

const windowsZones: ReadonlyMap<string, string> = new Map([
  ...WINDOWS_TO_IANA_MAP.filter(({ territory }) => territory === '001').map(
    ({ windowsName, iana }) => [windowsName.toLowerCase(), iana[0]] as const,
  ),
  ['z', 'UTC'],
  ['tzone://microsoft/utc', 'UTC'],
  ['coordinated universal time', 'UTC'],
])

/** The offset in names such as GMT-0500: here plus is east. */
function offsetIn(text: string): string | null {
  const [, sign, hours = '', minutes] = /^(?:GMT|UTC)?([+-])(\d\d):?(\d\d)$/i.exec(text) ?? []
  return sign !== undefined && Number(hours) <= 14 && Number(minutes) < 60 ? `${sign}${hours}:${minutes}` : null
}

/** What Outlook shows for zones of Windows whose name is neither that of cities nor has `Standard Time` after it. */
const shownNames: ReadonlyMap<string, string> = new Map([
  ['alaska', 'alaskan standard time'],
  ['arizona', 'us mountain standard time'],
  ['atlantic time (canada)', 'atlantic standard time'],
  ['hawaii', 'hawaiian standard time'],
  ['indiana (east)', 'us eastern standard time'],
  ['international date line west', 'dateline standard time'],
  ['saskatchewan', 'canada central standard time'],
  ['west central africa', 'w. central africa standard time'],
])

/** The zone of names such as "(UTC-05:00) Eastern Time (US & Canada)". The offset must be right. */
function shownByOutlook(text: string): string | null {
  const [, sign = '+', hours = '00', minutes = '00', shown = ''] =
    /^(?:\((?:UTC|GMT)(?:([+-])(\d\d)[:.](\d\d))?\) *)?([^()].*)$/i.exec(text) ?? []
  const hasOffset = text.startsWith('(')
  const name = shown.toLowerCase()
  const windowsNames = [name, name.replace(/ time \(us & canada\)$/, ' standard time'), `${name} standard time`]
  const found = [shownNames.get(name), ...windowsNames].map((one) => windowsZones.get(one ?? ''))
  const cities = hasOffset ? shown.split(/[,;/]/).map((city) => zonesOfCities().get(city.trim().toLowerCase())) : []
  const offset = `${sign}${hours}:${minutes}`
  const isRight = (zone: string | undefined) => zone !== undefined && (!hasOffset || standardOffsetOf(zone) === offset)
  return [...found, ...cities].find(isRight) ?? null
}

let cities: ReadonlyMap<string, string> | undefined

function zonesOfCities(): ReadonlyMap<string, string> {
  const names = [...Intl.supportedValuesOf('timeZone'), ...WINDOWS_TO_IANA_MAP.flatMap(({ iana }) => [...iana])]
  cities ??= new Map(names.map((zone) => [cityOf(zone), zone]))
  return cities
}

function cityOf(zone: string): string {
  return zone
    .slice(zone.lastIndexOf('/') + 1)
    .replaceAll('_', ' ')
    .toLowerCase()
}

/** The offset of its winter: the lesser one of January and July. Morocco names its summer its standard. */
function standardOffsetOf(zone: string): string {
  const instants = ['2026-01-01T00:00Z', '2026-07-01T00:00Z'].map((text) => Temporal.Instant.from(text))
  const [first, second] = instants.map((instant) => instant.toZonedDateTimeISO(zone))
  if (first === undefined || second === undefined) return ''
  return (first.offsetNanoseconds <= second.offsetNanoseconds ? first : second).offset
}

function isZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return true
  } catch {
    return false
  }
}
