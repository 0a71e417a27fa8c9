/** 'Hold' as an int4, the class of what happens once in a database. */
const hold = 0x486f6c64

/**
 * Every advisory lock of two numbers, as [class, number]: each has one purpose. advisory-locks.test.ts compares them
 * with what the SQL functions lock, and refuses a number that is not here. Locks of one number are digests of a text
 * that begins with `holdfast.`; PostgreSQL never confuses the two kinds.
 */
export const advisoryLocks = {
  /** One process migrates the schema. */
  migrations: [hold, 1],
  /** Two callers create each partition once. */
  partitions: [hold, 2],
  /** An epoch of the log begins once, and not while the log is renumbered. */
  logEpoch: [hold, 3],
  /** One process creates or repairs the application's login. */
  appLogin: [hold, 4],
  /** One process archives or restores months. */
  archive: [hold, 5],
  /** One process imports into several databases. */
  import: [hold, 6],
  /** 'HoSt': servers that start together prepare the database one after the other. */
  serverStart: [0x486f5374, 1],
} as const

/** The classes of locks whose number is a clinic's. */
export const clinicLockClasses = {
  /** Counts what an address, contact or account has booked. */
  admissions: hold + 1,
  /** Erases patients. */
  erasure: hold + 2,
  /** Shared: gives units back; exclusive: joins the waitlist. */
  waitlistJoins: hold + 3,
  /** Offers places, and changes entries of the waitlist. */
  waitlistOffers: hold + 4,
} as const
