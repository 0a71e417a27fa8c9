import type { Doctor } from '@holdfast/contract/client'
import { isSameZone } from '../../../../lib/time/same-zone.ts'

/** Where the euro is not what is paid, by time zones or their beginnings. */
const currencies: Record<string, string> = {
  AED: 'Asia/Dubai',
  ARS:
    'America/Argentina/ America/Argentina/Buenos_Aires America/Argentina/Cordoba America/Argentina/Mendoza ' +
    'America/Argentina/Jujuy America/Argentina/Catamarca',
  AUD: 'Australia/',
  BRL: 'America/Sao_Paulo America/Bahia America/Fortaleza America/Manaus America/Recife',
  CAD:
    'America/Toronto America/Vancouver America/Edmonton America/Winnipeg America/Halifax America/St_Johns ' +
    'America/Regina',
  CHF: 'Europe/Zurich Europe/Vaduz',
  CLP: 'America/Santiago',
  CNY: 'Asia/Shanghai',
  COP: 'America/Bogota',
  CZK: 'Europe/Prague',
  DKK: 'Europe/Copenhagen',
  EGP: 'Africa/Cairo',
  GBP: 'Europe/London Europe/Belfast',
  HKD: 'Asia/Hong_Kong',
  HUF: 'Europe/Budapest',
  IDR: 'Asia/Jakarta',
  ILS: 'Asia/Jerusalem',
  INR: 'Asia/Kolkata',
  IQD: 'Asia/Baghdad',
  JOD: 'Asia/Amman',
  JPY: 'Asia/Tokyo',
  KES: 'Africa/Nairobi',
  KRW: 'Asia/Seoul',
  KWD: 'Asia/Kuwait',
  MAD: 'Africa/Casablanca',
  MXN: 'America/Mexico_City America/Monterrey America/Tijuana America/Cancun',
  NGN: 'Africa/Lagos',
  NOK: 'Europe/Oslo',
  NZD: 'Pacific/Auckland',
  PEN: 'America/Lima',
  PHP: 'Asia/Manila',
  PKR: 'Asia/Karachi',
  PLN: 'Europe/Warsaw',
  QAR: 'Asia/Qatar',
  RON: 'Europe/Bucharest',
  RSD: 'Europe/Belgrade',
  RUB: 'Europe/Moscow',
  SAR: 'Asia/Riyadh',
  SEK: 'Europe/Stockholm',
  SGD: 'Asia/Singapore',
  THB: 'Asia/Bangkok',
  TRY: 'Europe/Istanbul',
  UAH: 'Europe/Kyiv',
  USD:
    'America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles America/Anchorage ' +
    'America/Detroit America/Indiana/ America/Indiana/Indianapolis America/Indiana/Knox ' +
    'America/Boise America/Puerto_Rico Pacific/Honolulu',
  VND: 'Asia/Ho_Chi_Minh',
  ZAR: 'Africa/Johannesburg',
}

/** What a new doctor's fee is probably in: as the fees of the clinic's others, else as one pays in its time zone. */
export function usualCurrency(timeZone: string, doctors: readonly Pick<Doctor, 'fee'>[]): string {
  const known = doctors.find(({ fee }) => fee !== null)?.fee
  if (known) return known.currency
  const isOf = (zone: string) => (zone.endsWith('/') ? timeZone.startsWith(zone) : isSameZone(timeZone, zone))
  return Object.entries(currencies).find(([, zones]) => zones.split(' ').some(isOf))?.[0] ?? 'EUR'
}
