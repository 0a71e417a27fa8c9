import { type DatabasePool, type Engine, promptly } from '@holdfast/engine'

/**
 * The engine with a bound on what requests need before and after a write, which is reads of single objects and storing
 * the response: see {@link promptly}. Lists, statistics and exports may take longer.
 *
 * @param bounds.pool the engine's for everything but batches
 */
export function promptReads(
  engine: Engine,
  bounds: { pool: Pick<DatabasePool, 'isExhausted'>; msMax?: number },
): Engine {
  const { reads, directory, theatre, bookingLinks, manageTokenEpochs, storedResponses, waitlist } = engine
  const bounded =
    <Args extends unknown[], Result>(read: (...args: Args) => Promise<Result>) =>
    (...args: Args) =>
      promptly(read(...args), bounds)
  return {
    ...engine,
    reads: {
      ...reads,
      booking: bounded(reads.booking),
      slot: bounded(reads.slot),
      cancelledBy: bounded(reads.cancelledBy),
      alternatives: bounded(reads.alternatives),
    },
    directory: {
      ...directory,
      clinic: bounded(directory.clinic),
      doctor: bounded(directory.doctor),
      videoRooms: bounded(directory.videoRooms),
    },
    theatre: {
      ...theatre,
      case: bounded(theatre.case),
      block: bounded(theatre.block),
      caseRequest: bounded(theatre.caseRequest),
    },
    bookingLinks: {
      ...bookingLinks,
      areRequired: bounded(bookingLinks.areRequired),
      isVerified: bounded(bookingLinks.isVerified),
      sent: bounded(bookingLinks.sent),
    },
    manageTokenEpochs: {
      ...manageTokenEpochs,
      access: bounded(manageTokenEpochs.access),
      accessToEntry: bounded(manageTokenEpochs.accessToEntry),
    },
    waitlist: { ...waitlist, offerStates: bounded(waitlist.offerStates) },
    storedResponses: { find: bounded(storedResponses.find), store: bounded(storedResponses.store) },
  }
}
