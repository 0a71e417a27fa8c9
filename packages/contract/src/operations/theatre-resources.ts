import Type from 'typebox'
import { flag, id, localDate } from '../schemas/fields.ts'
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
import { operation } from './operation.ts'

const tag = 'Operating theatre'
const params = Type.Object({ clinicId: id() }, { additionalProperties: false })
const roomParams = Type.Object({ clinicId: id(), roomId: id() }, { additionalProperties: false })
const staffParams = Type.Object({ clinicId: id(), staffId: id() }, { additionalProperties: false })
const doctorParams = Type.Object({ clinicId: id(), doctorId: id() }, { additionalProperties: false })
const equipmentParams = Type.Object({ clinicId: id(), equipmentId: id() }, { additionalProperties: false })
const blockParams = Type.Object({ clinicId: id(), blockId: id() }, { additionalProperties: false })
const changeQuery = Type.Object(
  { withCases: flag('It may become inactive while cases have it, which stay; otherwise they prevent that') },
  { additionalProperties: false },
)
const retry = 'A retry: the first response again'

/** What cases need: rooms, staff, equipment, and blocks of rooms. */
export const theatreResourceOperations = {
  listRooms: operation({
    id: 'listRooms',
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/rooms',
    tag,
    summary: 'List a clinic’s operating rooms',
    access: 'member',
    params,
    responses: { 200: { description: 'All rooms, inactive ones too', schema: roomListSchema } },
    problems: ['clinic_not_found'],
  }),
  createRoom: operation({
    id: 'createRoom',
    method: 'POST',
    url: '/api/v1/clinics/{clinicId}/rooms',
    tag,
    summary: 'Add an operating room',
    access: 'admin',
    params,
    body: newRoomSchema,
    responses: {
      201: { description: 'The room', schema: roomSchema },
      200: { description: retry, schema: roomSchema },
    },
    problems: ['clinic_not_found'],
  }),
  updateRoom: operation({
    id: 'updateRoom',
    method: 'PATCH',
    url: '/api/v1/clinics/{clinicId}/rooms/{roomId}',
    tag,
    summary: 'Change an operating room',
    description: 'Existing cases keep what they take.',
    access: 'admin',
    params: roomParams,
    query: changeQuery,
    body: roomChangeSchema,
    responses: { 200: { description: 'The changed room', schema: roomSchema } },
    problems: ['clinic_not_found', 'theatre_resource_not_found', 'resource_in_use'],
  }),
  listTheatreStaff: operation({
    id: 'listTheatreStaff',
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/staff',
    tag,
    summary: 'List the theatre’s staff',
    access: 'member',
    params,
    responses: { 200: { description: 'Everybody, inactive ones too', schema: theatreStaffListSchema } },
    problems: ['clinic_not_found'],
  }),
  createTheatreStaff: operation({
    id: 'createTheatreStaff',
    method: 'POST',
    url: '/api/v1/clinics/{clinicId}/staff',
    tag,
    summary: 'Add somebody to the theatre’s staff',
    access: 'admin',
    params,
    body: newTheatreStaffSchema,
    responses: {
      201: { description: 'The person', schema: theatreStaffSchema },
      200: { description: retry, schema: theatreStaffSchema },
    },
    problems: ['clinic_not_found', 'theatre_resource_not_found'],
  }),
  updateTheatreStaff: operation({
    id: 'updateTheatreStaff',
    method: 'PATCH',
    url: '/api/v1/clinics/{clinicId}/staff/{staffId}',
    tag,
    summary: 'Change somebody of the theatre’s staff',
    access: 'admin',
    params: staffParams,
    query: changeQuery,
    body: theatreStaffChangeSchema,
    responses: { 200: { description: 'The changed person', schema: theatreStaffSchema } },
    problems: ['clinic_not_found', 'theatre_resource_not_found', 'resource_in_use'],
  }),
  listTheatreDoctors: operation({
    id: 'listTheatreDoctors',
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/theatre/doctors',
    tag,
    summary: 'List the clinic’s doctors as surgeons',
    description: 'Doctors need no entry among the theatre’s staff. This is what their cases should have.',
    access: 'member',
    params,
    responses: { 200: { description: 'All doctors, inactive ones too', schema: theatreDoctorListSchema } },
    problems: ['clinic_not_found'],
  }),
  updateTheatreDoctor: operation({
    id: 'updateTheatreDoctor',
    method: 'PATCH',
    url: '/api/v1/clinics/{clinicId}/theatre/doctors/{doctorId}',
    tag,
    summary: 'Change what a doctor’s cases should have',
    description: 'Existing cases keep what they take.',
    access: 'admin',
    params: doctorParams,
    body: theatreDoctorChangeSchema,
    responses: { 200: { description: 'The changed doctor', schema: theatreDoctorSchema } },
    problems: ['clinic_not_found', 'doctor_not_found', 'theatre_resource_not_found'],
  }),
  listEquipment: operation({
    id: 'listEquipment',
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/equipment',
    tag,
    summary: 'List the theatre’s equipment',
    access: 'member',
    params,
    responses: { 200: { description: 'All equipment, inactive too', schema: equipmentListSchema } },
    problems: ['clinic_not_found'],
  }),
  createEquipment: operation({
    id: 'createEquipment',
    method: 'POST',
    url: '/api/v1/clinics/{clinicId}/equipment',
    tag,
    summary: 'Add a kind of equipment',
    access: 'admin',
    params,
    body: newEquipmentSchema,
    responses: {
      201: { description: 'The equipment', schema: equipmentSchema },
      200: { description: retry, schema: equipmentSchema },
    },
    problems: ['clinic_not_found'],
  }),
  updateEquipment: operation({
    id: 'updateEquipment',
    method: 'PATCH',
    url: '/api/v1/clinics/{clinicId}/equipment/{equipmentId}',
    tag,
    summary: 'Change a kind of equipment',
    description: 'Existing cases keep what they take, so there can be fewer units only if none has one of the others.',
    access: 'admin',
    params: equipmentParams,
    query: changeQuery,
    body: equipmentChangeSchema,
    responses: { 200: { description: 'The changed equipment', schema: equipmentSchema } },
    problems: ['clinic_not_found', 'theatre_resource_not_found', 'resource_in_use', 'units_in_use'],
  }),
  listBlocks: operation({
    id: 'listBlocks',
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/blocks',
    tag,
    summary: 'List blocks',
    access: 'member',
    params,
    query: Type.Object(
      {
        from: localDate({ description: 'First day, in the clinic’s time zone' }),
        to: localDate({ description: 'Last day, inclusive; at most 62 days in all' }),
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'The blocks of these days', schema: blockListSchema } },
    problems: ['clinic_not_found'],
  }),
  createBlocks: operation({
    id: 'createBlocks',
    method: 'POST',
    url: '/api/v1/clinics/{clinicId}/blocks',
    tag,
    summary: 'Create a block, or the blocks of a rule',
    description:
      'Blocks that exist already are skipped, and those that overlap others of the room, or cases of its open time, ' +
      'are reported as conflicts, so the call is safe to repeat.',
    access: 'admin',
    params,
    query: Type.Object({ dryRun: flag('Only reports what would happen') }, { additionalProperties: false }),
    body: newBlockSchema,
    responses: {
      201: { description: 'Blocks were created', schema: createdBlocksSchema },
      200: { description: 'None were: a dry run, or there was nothing to create', schema: createdBlocksSchema },
    },
    problems: ['clinic_not_found', 'theatre_resource_not_found'],
  }),
  changeBlock: operation({
    id: 'changeBlock',
    method: 'POST',
    url: '/api/v1/clinics/{clinicId}/blocks/{blockId}',
    tag,
    summary: 'Release, reclaim, take over or resize a block',
    access: 'admin',
    params: blockParams,
    body: blockChangeSchema,
    responses: { 200: { description: 'The changed block', schema: blockSchema } },
    problems: ['clinic_not_found', 'block_not_found', 'minutes_in_use', 'theatre_resource_not_found'],
  }),
  withdrawBlock: operation({
    id: 'withdrawBlock',
    method: 'DELETE',
    url: '/api/v1/clinics/{clinicId}/blocks/{blockId}',
    tag,
    summary: 'Withdraw a block',
    access: 'admin',
    params: blockParams,
    query: Type.Object(
      {
        withBookings: flag(
          'Cases become FAILED with `slot_withdrawn`, and confirmed ones return to the waitlist, due on the day that ' +
            'they lost; otherwise they prevent the withdrawal',
        ),
        dryRun: flag('Only reports what would happen'),
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'The block is withdrawn', schema: withdrawnSlotsSchema } },
    problems: ['clinic_not_found', 'block_not_found', 'slot_has_bookings', 'slot_in_past'],
  }),
  fillBlock: operation({
    id: 'fillBlock',
    method: 'POST',
    url: '/api/v1/clinics/{clinicId}/blocks/{blockId}/fill',
    tag,
    summary: 'Fill a block from the waitlist',
    description:
      'Holds, or with `confirm` books, as many open requests as fit, in the order of the list. It takes some seconds ' +
      'at most: if requests are left to look at, repeat it with `nextCursor`, and another Idempotency-Key. Each step ' +
      'has its own key, from its beginning: with a key of another step, it is refused. One caller at a time fills a ' +
      'block; `filling` of the block says how far it is.',
    access: 'clinic_staff',
    params: blockParams,
    body: Type.Object(
      {
        confirm: Type.Optional(Type.Boolean({ default: false })),
        cursor: Type.Optional(Type.String({ maxLength: 200, description: '`nextCursor` of the call before' })),
      },
      { title: 'BlockFilling', additionalProperties: false },
    ),
    bodyOptional: true,
    responses: { 200: { description: 'The cases that were created', schema: filledBlockSchema } },
    problems: ['clinic_not_found', 'block_not_found', 'block_being_filled', 'theatre_resource_inactive'],
  }),
}
