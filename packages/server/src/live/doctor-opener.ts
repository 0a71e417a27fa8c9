import type { LiveDoctor, LiveReads } from '@holdfast/engine'

/** Doctors of one read. */
const doctorsMax = 200

type Asked = {
  doctorIds: readonly string[]
  resolve: (doctors: Map<string, LiveDoctor>) => void
  reject: (error: unknown) => void
}

/** Reads doctors and their holds: one read at a time, for all who asked while the one before was under way. */
export class DoctorOpener {
  readonly #read: LiveReads['doctors']
  #waiting: Asked[] = []
  #isReading = false

  constructor(read: LiveReads['doctors']) {
    this.#read = read
  }

  /** The active doctors among these. @throws what the read throws */
  open(doctorIds: readonly string[]): Promise<Map<string, LiveDoctor>> {
    const asked = new Promise<Map<string, LiveDoctor>>((resolve, reject) => {
      this.#waiting.push({ doctorIds, resolve, reject })
    })
    if (!this.#isReading) void this.#readAll()
    return asked
  }

  async #readAll(): Promise<void> {
    this.#isReading = true
    while (this.#waiting.length > 0) {
      const asked = this.#takeSome()
      try {
        const doctors = await this.#read([...new Set(asked.flatMap((one) => one.doctorIds))])
        const byId = new Map(doctors.map((doctor) => [doctor.doctorId, doctor]))
        for (const one of asked) one.resolve(byId)
      } catch (error) {
        for (const one of asked) one.reject(error)
      }
    }
    this.#isReading = false
  }

  /** As many of those who asked as fit in one read, one at least. */
  #takeSome(): Asked[] {
    const distinct = new Set<string>()
    let count = 0
    for (const { doctorIds } of this.#waiting) {
      for (const doctorId of doctorIds) distinct.add(doctorId)
      if (count > 0 && distinct.size > doctorsMax) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }
}
