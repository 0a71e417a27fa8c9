/** Doctors per read. */
const doctorsMax = 200

export type ReadDoctors<Doctor> = (doctorIds: readonly string[]) => Promise<readonly Doctor[]>

type ReadRequest<Doctor> = {
  doctorIds: readonly string[]
  resolve: (doctors: Map<string, Doctor>) => void
  reject: (error: unknown) => void
}

/** Reads doctors and their holds, one read at a time. Requests that arrive during a read share the next one. */
export class DoctorReader<Doctor extends { doctorId: string }> {
  readonly #read: ReadDoctors<Doctor>
  #waiting: ReadRequest<Doctor>[] = []
  #isReading = false

  constructor(read: ReadDoctors<Doctor>) {
    this.#read = read
  }

  /** The active doctors among these. @throws what the read throws */
  read(doctorIds: readonly string[]): Promise<Map<string, Doctor>> {
    const result = new Promise<Map<string, Doctor>>((resolve, reject) => {
      this.#waiting.push({ doctorIds, resolve, reject })
    })
    if (!this.#isReading) void this.#readAll()
    return result
  }

  async #readAll(): Promise<void> {
    this.#isReading = true
    while (this.#waiting.length > 0) {
      const requests = this.#takeSome()
      try {
        const doctors = await this.#read([...new Set(requests.flatMap((one) => one.doctorIds))])
        const byId = new Map(doctors.map((doctor) => [doctor.doctorId, doctor]))
        for (const one of requests) one.resolve(byId)
      } catch (error) {
        for (const one of requests) one.reject(error)
      }
    }
    this.#isReading = false
  }

  /** As many requests as fit in one read, at least one. */
  #takeSome(): ReadRequest<Doctor>[] {
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
