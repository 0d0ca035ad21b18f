import { randomUUID } from 'node:crypto'
import type { CheckItem } from '../../shared/connection'
import { CloudError, hasFaultCode } from '../gateway'
import type { OpenAws } from '../connection'
import { itemOfFault, missing, ok, warning } from './check-item'
import { awsClients } from './clients'

const bucketName = { id: 'bucket', label: 'Bucket' }
const writeName = { id: 'bucket-write', label: 'Bucket, writing' }
const readName = { id: 'bucket-read', label: 'Bucket, reading' }
const deleteName = { id: 'bucket-delete', label: 'Bucket, deleting' }

/** Whether the bucket exists in the connection's region, and a small object can be written under the prefix, read again and deleted. */
export async function checkBucket(open: OpenAws, signal: AbortSignal | undefined): Promise<readonly CheckItem[]> {
  const { bucket, region } = open.config
  try {
    const found = await regionOf(open, signal)
    if (found !== null && found !== region) {
      return [missing(bucketName, { detail: `${bucket} is in ${found}, and jobs run in ${region}.`, fix: `Choose a bucket in ${region}, or ${found} as the region. SageMaker reads data in its own region only.` })]
    }
  } catch (error) {
    if (hasStatus(error, 404)) return [missing(bucketName, { detail: `There is no bucket ${bucket}.`, fix: `Make it in ${region}, or correct its name.` })]
    if (hasStatus(error, 403)) return [missing(bucketName, { detail: `This login may not look at ${bucket}, or it belongs to another account.`, fix: `Allow s3:ListBucket on arn:aws:s3:::${bucket} for this login, or choose a bucket of this account.` })]
    return [itemOfFault(bucketName, error, 'missing')]
  }
  return [ok(bucketName, `${bucket} in ${region}`), ...(await checkObject(open, signal))]
}

/** The bucket's region; null where the answer does not say. A bucket elsewhere is answered with a redirection, which is no fault here. */
async function regionOf(open: OpenAws, signal: AbortSignal | undefined): Promise<string | null> {
  return open.gateway.call('looking at the bucket', async (attempt) => {
    const [{ HeadBucketCommand }, client] = await Promise.all([import('@aws-sdk/client-s3'), awsClients(open).s3()])
    const look = async (): Promise<string | null> => (await client.send(new HeadBucketCommand({ Bucket: open.config.bucket }), { abortSignal: attempt })).BucketRegion ?? null
    try {
      return await look()
    } catch (error) {
      const region = redirectedTo(error)
      if (region !== null) return region
      // A refusal of a HEAD says nothing of the clock; the SDK has set its own by the answer.
      if (isClockCorrected(error)) return look()
      throw error
    }
  }, signal === undefined ? {} : { signal })
}

function redirectedTo(error: unknown): string | null {
  if (!(error instanceof Error) || !('$response' in error)) return null
  const { statusCode, headers } = error.$response as { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string | undefined>> }
  return statusCode === 301 || statusCode === 307 || statusCode === 400 ? (headers?.['x-amz-bucket-region'] ?? null) : null
}

function isClockCorrected(error: unknown): boolean {
  return error instanceof Error && '$metadata' in error && (error.$metadata as { readonly clockSkewCorrected?: boolean }).clockSkewCorrected === true
}

async function checkObject(open: OpenAws, signal: AbortSignal | undefined): Promise<readonly CheckItem[]> {
  const { bucket, prefix, kmsKeyArn } = open.config
  const object = { Bucket: bucket, Key: `${prefix === '' ? '' : `${prefix}/`}tunesmith-check-${randomUUID()}` }
  const text = 'Written by the check of a Tunesmith connection; it may be deleted.'
  const where = `s3://${bucket}/${prefix}`
  const options = signal === undefined ? {} : { signal }
  const sdk = async () => Promise.all([import('@aws-sdk/client-s3'), awsClients(open).s3()])
  try {
    await open.gateway.call('writing to the bucket', async (attempt) => {
      const [{ PutObjectCommand }, client] = await sdk()
      const sealed = kmsKeyArn === null ? {} : { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyArn }
      return client.send(new PutObjectCommand({ ...object, Body: text, ...sealed }), { abortSignal: attempt })
    }, options)
  } catch (error) {
    return [itemOfFault(writeName, error, 'missing')]
  }
  const items: CheckItem[] = [ok(writeName, where)]
  try {
    const read = await open.gateway.call('reading from the bucket', async (attempt) => {
      const [{ GetObjectCommand }, client] = await sdk()
      const { Body: body } = await client.send(new GetObjectCommand(object), { abortSignal: attempt })
      return body?.transformToString()
    }, options)
    items.push(read === text ? ok(readName, where) : missing(readName, { detail: 'What was read is not what was written.', fix: 'Look at what stands between this computer and the bucket.' }))
  } catch (error) {
    items.push(itemOfFault(readName, error, 'missing'))
  }
  try {
    await open.gateway.call('deleting from the bucket', async (attempt) => {
      const [{ DeleteObjectCommand }, client] = await sdk()
      return client.send(new DeleteObjectCommand(object), { abortSignal: attempt })
    }, options)
    items.push(ok(deleteName, where))
  } catch (error) {
    const { detail, fix } = itemOfFault(deleteName, error, 'missing')
    items.push(warning(deleteName, { detail: `A small object stays at s3://${bucket}/${object.Key}: ${detail}`, fix: `${fix ?? ''} A cancelled upload then leaves something behind.` }))
  }
  return items
}

/** A HEAD has no body, so S3 names its faults by status alone. */
function hasStatus(error: unknown, status: 403 | 404): boolean {
  if (!(error instanceof CloudError) || error.fault.kind !== 'final') return false
  return error.fault.cause.details['status'] === status || hasFaultCode(error, status === 404 ? 'NotFound' : 'Forbidden')
}
