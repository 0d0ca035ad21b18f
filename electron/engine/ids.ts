import { randomBytes } from 'node:crypto'
import { ComparisonId, ConnectionId, DatasetId, DownloadId, EnvironmentId, FileToken, JobId, ModelId } from '../shared/ids'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** 10 characters of time in milliseconds, 6 of chance: ids sort by creation and two in one millisecond differ. */
function body(nowMs: number): string {
  let time = ''
  for (let rest = nowMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet.charAt(rest % 32) + time
  let chance = ''
  for (const byte of randomBytes(6)) chance += alphabet.charAt(byte % 32)
  return time + chance
}

/** Makers of every kind of id, over one clock. */
export function createIds(now: () => number) {
  return {
    job: () => JobId.parse(`job_${body(now())}`),
    model: () => ModelId.parse(`model_${body(now())}`),
    dataset: () => DatasetId.parse(`data_${body(now())}`),
    environment: () => EnvironmentId.parse(`env_${body(now())}`),
    comparison: () => ComparisonId.parse(`cmp_${body(now())}`),
    download: () => DownloadId.parse(`dl_${body(now())}`),
    connection: () => ConnectionId.parse(`conn_${body(now())}`),
    file: () => FileToken.parse(`file_${body(now())}`),
  }
}
export type Ids = ReturnType<typeof createIds>
