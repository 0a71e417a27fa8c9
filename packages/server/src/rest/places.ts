/** Where clinics are, as this process knows it. */
export type Places = {
  /**
   * How many moves of clinics this process has learned of; null: more may have ended, so that what was read of a clinic
   * may lack rows that its database had before.
   */
  known(): number | null
  /** @throws ClinicMoving or DatabaseUnavailable, if the database that this process knows for a clinic may lack rows */
  requireHere(clinicNo: number): Promise<void>
}

/**
 * Responds to a request whose clinic may have moved to another database. Its old rows are deleted there, so a read
 * counts if all of them were there after it. A write is checked before it: it is refused from before the move on, and
 * one that was made is not repeated. Waits for no promise if the response is none.
 *
 * @param requireHere throws if rows may be missing
 */
export function whileHere<Response extends object>(
  places: Pick<Places, 'known'>,
  isRead: boolean,
  { respond, requireHere }: { respond(): Response | Promise<Response>; requireHere(): Promise<void> },
): Response | Promise<Response> {
  const known = places.known()
  if (!isRead) return known === null ? requireHere().then(respond) : respond()
  const isSure = () => known !== null && known === places.known()
  const checked = async (reading: Promise<Response>) => {
    try {
      return await reading
    } finally {
      if (!isSure()) await requireHere()
    }
  }
  const response = respond()
  if (response instanceof Promise) return checked(response)
  return isSure() ? response : requireHere().then(() => response)
}
