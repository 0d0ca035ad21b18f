import { z } from 'zod'

/** Ids are made by the engine: a prefix, `_`, and 16 lower-case base-32 characters that sort by time of creation. */
const idOf = <P extends string>(prefix: P) => z.string().regex(new RegExp(`^${prefix}_[0-9a-z]{16}$`))

export const JobId = idOf('job').brand('JobId')
export type JobId = z.infer<typeof JobId>

export const ModelId = idOf('model').brand('ModelId')
export type ModelId = z.infer<typeof ModelId>

export const DatasetId = idOf('data').brand('DatasetId')
export type DatasetId = z.infer<typeof DatasetId>

export const EnvironmentId = idOf('env').brand('EnvironmentId')
export type EnvironmentId = z.infer<typeof EnvironmentId>

export const ComparisonId = idOf('cmp').brand('ComparisonId')
export type ComparisonId = z.infer<typeof ComparisonId>

export const DownloadId = idOf('dl').brand('DownloadId')
export type DownloadId = z.infer<typeof DownloadId>

export const ConnectionId = idOf('conn').brand('ConnectionId')
export type ConnectionId = z.infer<typeof ConnectionId>

/** Stands for a file or folder that the user picked in a dialog or dropped; the renderer never sees or names a path to act on. */
export const FileToken = idOf('file').brand('FileToken')
export type FileToken = z.infer<typeof FileToken>
