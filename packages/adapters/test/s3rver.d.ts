// The package has no types.
declare module '@20minutes/s3rver' {
  class S3rver {
    constructor(options: {
      directory: string
      port: number
      silent: boolean
      configureBuckets: readonly { name: string }[]
    })
    run(): Promise<{ port: number }>
    close(): Promise<void>
  }
  export = S3rver
}
