export type Role = 'doctor' | 'staff' | 'admin'

export type Membership = { clinicNo: number; clinicId: string; accountId: string; role: Role; doctorId: string | null }
