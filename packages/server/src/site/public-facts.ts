/** What anybody may know of a clinic. */
export type PublicClinic = { id: string; name: string; address: string | null; phone: string | null }

/** What anybody may know of a doctor. */
export type PublicDoctor = {
  id: string
  /** false: takes no bookings. */
  active: boolean
  name: string
  specialization: string
  languages: readonly string[]
  appointmentTypes: readonly string[]
}

/** `day`: `YYYY-MM-DD`; the others `HH:MM`, in the clinic's time zone. */
export type PublicHours = { day: string; opens: string; closes: string }

export type PublicPage = { clinic: PublicClinic; doctor: PublicDoctor | null; hours: readonly PublicHours[] }

/** The path of a page with its query, as the site's links have it. */
export function pathOf({
  clinic,
  doctor,
}: {
  clinic: Pick<PublicClinic, 'id'>
  doctor: { id: string } | null
}): string {
  return doctor === null ? `/?clinicId=${clinic.id}` : `/doctors/${doctor.id}`
}

/**
 * The elements that tell search engines what a page is about: title, description, and with the server's public address
 * also the canonical address and schema.org data. The page of a doctor who takes no bookings is not to be found: links
 * to it still open, so it has a title.
 */
export function headOf(page: PublicPage, publicUrl: string | null): string {
  const { clinic, doctor } = page
  const where = [clinic.name, clinic.address].filter((part) => part !== null).join(', ')
  const title =
    doctor === null ? `${clinic.name} · Holdfast` : `${doctor.name}, ${doctor.specialization} · ${clinic.name}`
  if (doctor !== null && !doctor.active) {
    return `<title>${escapeHtml(title)}</title>\n    <meta name="robots" content="noindex" />`
  }
  const description =
    doctor === null
      ? `Book an appointment online at ${where}. Availability is live.`
      : `Book an appointment online with ${doctor.name} (${doctor.specialization}) at ${where}. Availability is live.`
  const elements = [
    `<title>${escapeHtml(title)}</title>`,
    `<meta name="description" content="${escapeHtml(description)}" />`,
    `<meta property="og:title" content="${escapeHtml(title)}" />`,
    `<meta property="og:description" content="${escapeHtml(description)}" />`,
  ]
  if (publicUrl !== null) {
    elements.push(`<link rel="canonical" href="${escapeHtml(publicUrl + pathOf(page))}" />`)
    elements.push(`<script type="application/ld+json">${jsonOf(schemaOf(page, publicUrl))}</script>`)
  }
  return elements.join('\n    ')
}

function schemaOf(page: PublicPage, publicUrl: string): object {
  const { clinic, doctor, hours } = page
  const place = {
    '@type': 'MedicalClinic',
    name: clinic.name,
    url: publicUrl + pathOf({ clinic, doctor: null }),
    ...(clinic.address === null ? {} : { address: clinic.address }),
    ...(clinic.phone === null ? {} : { telephone: clinic.phone }),
  }
  const openingHours = hours.length === 0 ? {} : { openingHoursSpecification: hours.map(specificationOf) }
  if (doctor === null) return { '@context': 'https://schema.org', ...place, ...openingHours }
  const url = publicUrl + pathOf(page)
  return {
    '@context': 'https://schema.org',
    ...place,
    '@type': 'Physician',
    name: doctor.name,
    url,
    medicalSpecialty: doctor.specialization,
    ...(doctor.languages.length === 0 ? {} : { knowsLanguage: doctor.languages }),
    parentOrganization: place,
    ...openingHours,
    potentialAction: { '@type': 'ReserveAction', target: url },
  }
}

function specificationOf({ day, opens, closes }: PublicHours): object {
  const dayOfWeek = Temporal.PlainDate.from(day).toLocaleString('en', { weekday: 'long' })
  return { '@type': 'OpeningHoursSpecification', dayOfWeek, opens, closes, validFrom: day, validThrough: day }
}

/** JSON that cannot end the script element that it is in. */
function jsonOf(value: object): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
