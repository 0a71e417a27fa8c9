/** `code` and `name` of a country, or of a part of one. */
export type NamedPlace = { code: string; name: string }

/**
 * A public holiday in local times `YYYY-MM-DDTHH:MM`: [localStart, localEnd). `hasFixedDate`: it is on the same date
 * each year.
 */
export type PublicHoliday = { name: string; localStart: string; localEnd: string; hasFixedDate: boolean }

/** What is read: `country` and `region` are codes of ISO 3166; null: none. */
export type HolidayQuery = { year: number; country: string | null; region: string | null; language: string }

/** `holidays`: by day. Those of an unknown country, or of an unknown region of it, are none. */
export type PublicHolidays = { countries: NamedPlace[]; regions: NamedPlace[]; holidays: PublicHoliday[] }
