export { type ObjectStore, ObjectStoreError } from './object-store.ts'
export { isObjectStore, openObjectStore, parseS3Url } from './open-object-store.ts'
