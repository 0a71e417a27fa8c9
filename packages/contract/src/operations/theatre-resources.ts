import { listedDaysMax } from '@holdfast/vocabulary'
import Type from 'typebox'
import { externalIdParameter } from '../schemas/external-id.ts'
import { flag, localDate } from '../schemas/fields.ts'
import { component, object } from '../schemas/object.ts'
import { withdrawnSlotsSchema } from '../schemas/slot.ts'
import { filledBlockSchema } from '../schemas/theatre-case.ts'
import {
  blockChangeSchema,
  blockListSchema,
  blockSchema,
  createdBlocksSchema,
  equipmentChangeSchema,
  equipmentListSchema,
  equipmentSchema,
  newBlockSchema,
  newEquipmentSchema,
  newRoomSchema,
  newTheatreStaffSchema,
  roomChangeSchema,
  roomListSchema,
  roomSchema,
  theatreDoctorChangeSchema,
  theatreDoctorListSchema,
  theatreDoctorSchema,
  theatreStaffChangeSchema,
  theatreStaffListSchema,
  theatreStaffSchema,
} from '../schemas/theatre-resource.ts'
import { inEventLog } from './audit.ts'
import { created, operation, operationTable } from './operation.ts'

const changeQuery = object({
  withCases: flag('It may become inactive while cases have it, which stay; otherwise they prevent that'),
})

/** What cases need: rooms, staff, equipment, and blocks of rooms. */
export const theatreResourceOperations = operationTable('Operating theatre', {
  listRooms: operation('GET /api/v1/clinics/{clinicId}/rooms', {
    summary: 'List a clinic’s operating rooms',
    access: 'member',
    scope: 'times:read',
    query: object({ externalId: externalIdParameter }),
    responses: { 200: { description: 'All rooms, inactive ones too', schema: roomListSchema } },
  }),
  createRoom: operation('POST /api/v1/clinics/{clinicId}/rooms', {
    summary: 'Add an operating room',
    access: 'admin',
    scope: 'directory:write',
    body: newRoomSchema,
    responses: created('The room', roomSchema),
    retry: 'in the transaction',
    audit: { kind: 'theatre_changed', subject: 'response', details: ['room'] },
    example: { body: { name: 'OR' } },
    problems: ['external_id_taken'],
  }),
  updateRoom: operation('PATCH /api/v1/clinics/{clinicId}/rooms/{roomId}', {
    summary: 'Change an operating room',
    description: 'Existing cases keep what they take.',
    access: 'admin',
    scope: 'directory:write',
    query: changeQuery,
    body: roomChangeSchema,
    responses: { 200: { description: 'The changed room', schema: roomSchema } },
    audit: { kind: 'theatre_changed', subject: 'roomId', details: ['room'], fields: true },
    example: { body: { site: 'East' } },
    problems: ['resource_in_use', 'external_id_taken'],
  }),
  listTheatreStaff: operation('GET /api/v1/clinics/{clinicId}/staff', {
    summary: 'List the theatre’s staff',
    access: 'member',
    scope: 'times:read',
    query: object({ externalId: externalIdParameter }),
    responses: { 200: { description: 'Everybody, inactive ones too', schema: theatreStaffListSchema } },
  }),
  createTheatreStaff: operation('POST /api/v1/clinics/{clinicId}/staff', {
    summary: 'Add somebody to the theatre’s staff',
    access: 'admin',
    scope: 'directory:write',
    body: newTheatreStaffSchema,
    responses: created('The person', theatreStaffSchema),
    retry: 'in the transaction',
    audit: { kind: 'theatre_changed', subject: 'response', details: ['staff'] },
    example: { body: { name: 'Nurse', profession: 'nurse' } },
    problems: ['theatre_resource_not_found', 'external_id_taken'],
  }),
  updateTheatreStaff: operation('PATCH /api/v1/clinics/{clinicId}/staff/{staffId}', {
    summary: 'Change somebody of the theatre’s staff',
    access: 'admin',
    scope: 'directory:write',
    query: changeQuery,
    body: theatreStaffChangeSchema,
    responses: { 200: { description: 'The changed person', schema: theatreStaffSchema } },
    audit: { kind: 'theatre_changed', subject: 'staffId', details: ['staff'], fields: true },
    example: { body: { name: 'Nurse' } },
    problems: ['resource_in_use', 'external_id_taken'],
  }),
  listTheatreDoctors: operation('GET /api/v1/clinics/{clinicId}/theatre/doctors', {
    summary: 'List the clinic’s doctors as surgeons',
    description: 'Doctors need no entry among the theatre’s staff. This is what their cases should have.',
    access: 'member',
    scope: 'times:read',
    responses: { 200: { description: 'All doctors, inactive ones too', schema: theatreDoctorListSchema } },
  }),
  updateTheatreDoctor: operation('PATCH /api/v1/clinics/{clinicId}/theatre/doctors/{doctorId}', {
    summary: 'Change what a doctor’s cases should have',
    description: 'Existing cases keep what they take.',
    access: 'admin',
    scope: 'directory:write',
    body: theatreDoctorChangeSchema,
    responses: { 200: { description: 'The changed doctor', schema: theatreDoctorSchema } },
    audit: { kind: 'theatre_changed', subject: 'doctorId', details: ['doctor'], fields: true },
    example: { body: { preferredEquipmentIds: [] } },
    problems: ['theatre_resource_not_found'],
  }),
  listEquipment: operation('GET /api/v1/clinics/{clinicId}/equipment', {
    summary: 'List the theatre’s equipment',
    access: 'member',
    scope: 'times:read',
    query: object({ externalId: externalIdParameter }),
    responses: { 200: { description: 'All equipment, inactive too', schema: equipmentListSchema } },
  }),
  createEquipment: operation('POST /api/v1/clinics/{clinicId}/equipment', {
    summary: 'Add a kind of equipment',
    access: 'admin',
    scope: 'directory:write',
    body: newEquipmentSchema,
    responses: created('The equipment', equipmentSchema),
    retry: 'in the transaction',
    audit: { kind: 'theatre_changed', subject: 'response', details: ['equipment'] },
    example: { body: { name: 'Robot', units: 1 } },
    problems: ['external_id_taken'],
  }),
  updateEquipment: operation('PATCH /api/v1/clinics/{clinicId}/equipment/{equipmentId}', {
    summary: 'Change a kind of equipment',
    description: 'Existing cases keep what they take, so there can be fewer units only if none has one of the others.',
    access: 'admin',
    scope: 'directory:write',
    query: changeQuery,
    body: equipmentChangeSchema,
    responses: { 200: { description: 'The changed equipment', schema: equipmentSchema } },
    audit: { kind: 'theatre_changed', subject: 'equipmentId', details: ['equipment'], fields: true },
    example: { body: { units: 1 } },
    problems: ['resource_in_use', 'units_in_use', 'external_id_taken'],
  }),
  listBlocks: operation('GET /api/v1/clinics/{clinicId}/blocks', {
    summary: 'List blocks',
    access: 'member',
    scope: 'times:read',
    query: object({
      from: localDate({ description: 'First day, in the clinic’s time zone' }),
      to: localDate({ description: `Last day, inclusive; at most ${listedDaysMax} days in all` }),
    }),
    responses: { 200: { description: 'The blocks of these days', schema: blockListSchema } },
    example: { query: { from: '{day}', to: '{day}' } },
  }),
  createBlocks: operation('POST /api/v1/clinics/{clinicId}/blocks', {
    summary: 'Create a block, or the blocks of a rule',
    description:
      'Blocks that exist already are skipped, and those that overlap others of the room, or cases of its open time, ' +
      'are reported as conflicts, so the call is safe to repeat.',
    access: 'admin',
    scope: 'directory:write',
    query: object({ dryRun: flag('Only reports what would happen') }),
    body: newBlockSchema,
    responses: created(
      'Blocks were created',
      createdBlocksSchema,
      'None were: a dry run, or there was nothing to create',
    ),
    audit: { kind: 'theatre_changed', subject: 'body.roomId', details: ['blocks'] },
    example: {
      query: { dryRun: true },
      body: { roomId: '{roomId}', from: '{day}T18:00:00Z', to: '{day}T19:00:00Z' },
    },
    problems: ['theatre_resource_not_found'],
  }),
  changeBlock: operation('POST /api/v1/clinics/{clinicId}/blocks/{blockId}', {
    summary: 'Release, reclaim, take over or resize a block',
    access: 'admin',
    scope: 'directory:write',
    body: blockChangeSchema,
    responses: { 200: { description: 'The changed block', schema: blockSchema } },
    audit: { kind: 'theatre_changed', subject: 'blockId', details: ['block'] },
    example: { body: { action: 'release' } },
    problems: ['minutes_in_use', 'theatre_resource_not_found'],
  }),
  withdrawBlock: operation('DELETE /api/v1/clinics/{clinicId}/blocks/{blockId}', {
    summary: 'Withdraw a block',
    access: 'admin',
    scope: 'directory:write',
    query: object({
      withBookings: flag(
        'Cases become FAILED with `slot_withdrawn`, and confirmed ones return to the waitlist, due on the day that ' +
          'they lost; otherwise they prevent the withdrawal',
      ),
      dryRun: flag('Only reports what would happen'),
    }),
    responses: { 200: { description: 'The block is withdrawn', schema: withdrawnSlotsSchema } },
    audit: { kind: 'theatre_changed', subject: 'blockId', details: ['block withdrawn'] },
    example: { query: { dryRun: true } },
    problems: ['slot_has_bookings', 'slot_in_past'],
  }),
  fillBlock: operation('POST /api/v1/clinics/{clinicId}/blocks/{blockId}/fill', {
    summary: 'Fill a block from the waitlist',
    description:
      'Holds, or with `confirm` books, as many open requests as fit, in the order of the list. It takes some seconds ' +
      'at most: if requests are left to look at, repeat it with `nextCursor`, and another Idempotency-Key. Each step ' +
      'has its own key, from its beginning: with a key of another step, it is refused. One caller at a time fills a ' +
      'block; `filling` of the block says how far it is.',
    access: 'clinic_staff',
    scope: 'bookings:write',
    body: component('BlockFilling', {
      confirm: Type.Optional(Type.Boolean({ default: false })),
      cursor: Type.Optional(Type.String({ maxLength: 200, description: '`nextCursor` of the call before' })),
    }),
    bodyOptional: true,
    responses: { 200: { description: 'The cases that were created', schema: filledBlockSchema } },
    audit: inEventLog,
    auditRepeated: { kind: 'bookings_read', details: ['theatre'] },
    problems: ['block_being_filled', 'theatre_resource_inactive'],
  }),
})
