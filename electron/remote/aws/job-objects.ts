import type { S3Place } from '../s3-transfer'

export interface ObjectSize {
  readonly key: string
  readonly bytes: number
}

const mostPages = 100

/** Objects under a prefix, at most 100,000. Throws CloudError. */
export async function listObjects({ gateway, s3, bucket }: S3Place, prefix: string, signal?: AbortSignal): Promise<readonly ObjectSize[]> {
  const [client, { ListObjectsV2Command }] = await Promise.all([s3(), import('@aws-sdk/client-s3')])
  const found: ObjectSize[] = []
  let token: string | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const input = { Bucket: bucket, Prefix: prefix, ...(token === undefined ? {} : { ContinuationToken: token }) }
    const { Contents = [], NextContinuationToken } = await gateway.call(`look at what lies under ${prefix}`, (abortSignal) => client.send(new ListObjectsV2Command(input), { abortSignal }), signal === undefined ? {} : { signal })
    for (const { Key: key, Size: bytes } of Contents) if (key !== undefined) found.push({ key, bytes: bytes ?? 0 })
    token = NextContinuationToken
    if (token === undefined) break
  }
  return found
}

/** Removes objects, one by one: a key that is not there is no fault. Throws CloudError. */
export async function deleteObjects({ gateway, s3, bucket }: S3Place, keys: readonly string[]): Promise<void> {
  const [client, { DeleteObjectCommand }] = await Promise.all([s3(), import('@aws-sdk/client-s3')])
  for (const key of keys) await gateway.call(`remove ${key}`, (abortSignal) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal }))
}
