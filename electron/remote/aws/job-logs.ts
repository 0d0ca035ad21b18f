import { CloudError, hasFaultCode } from '../gateway'
import type { Gateway } from '../gateway'
import type { AwsClients } from './clients'

const logGroup = '/aws/sagemaker/TrainingJobs'

interface Way {
  readonly gateway: Gateway
  readonly clients: AwsClients
  readonly signal?: AbortSignal
}

/** A log stream of a job: that of one host in one life of the container. */
export interface JobStream {
  readonly name: string
  /** From 1; the first host's first process speaks for all. */
  readonly host: number
}

/** The streams of a job, each host's in the order in which its containers started. None before the first line. Throws CloudError. */
export async function listJobStreams({ gateway, clients, signal }: Way, jobName: string): Promise<readonly JobStream[]> {
  const [client, { DescribeLogStreamsCommand }] = await Promise.all([clients.logs(), import('@aws-sdk/client-cloudwatch-logs')])
  const found: { name: string; host: number; startedAt: number }[] = []
  let nextToken: string | undefined
  try {
    do {
      const input = { logGroupName: logGroup, logStreamNamePrefix: `${jobName}/`, ...(nextToken === undefined ? {} : { nextToken }) }
      const answer = await gateway.call('look for the log of the job', (abortSignal) => client.send(new DescribeLogStreamsCommand(input), { abortSignal }), callOptions(signal))
      for (const { logStreamName: name = '' } of answer.logStreams ?? []) {
        const [, host, startedAt] = /\/algo-(\d+)-(\d+)$/.exec(name) ?? []
        if (host !== undefined) found.push({ name, host: Number(host), startedAt: Number(startedAt) })
      }
      nextToken = answer.nextToken
    } while (nextToken !== undefined && found.length < 1000)
  } catch (error) {
    if (hasFaultCode(error, 'ResourceNotFoundException')) return []
    throw error
  }
  return found.sort((a, b) => a.host - b.host || a.startedAt - b.startedAt).map(({ name, host }) => ({ name, host }))
}

export interface LogPage {
  readonly lines: readonly string[]
  /** Where reading goes on; the same as was asked with at the end of what there is. */
  readonly token: string
}

/** A page of a stream, at most 10,000 lines or 1 MB, from `token` on (null: the beginning). A stream that is not there yet is an empty one. Throws CloudError. */
export async function readLogPage({ gateway, clients, signal }: Way, stream: string, token: string | null): Promise<LogPage> {
  const [client, { GetLogEventsCommand }] = await Promise.all([clients.logs(), import('@aws-sdk/client-cloudwatch-logs')])
  const input = { logGroupName: logGroup, logStreamName: stream, startFromHead: true, ...(token === null ? {} : { nextToken: token }) }
  try {
    const answer = await gateway.call('read the log of the job', (abortSignal) => client.send(new GetLogEventsCommand(input), { abortSignal }), callOptions(signal))
    return { lines: (answer.events ?? []).map(({ message = '' }) => message), token: answer.nextForwardToken ?? token ?? '' }
  } catch (error) {
    if (error instanceof CloudError && hasFaultCode(error, 'ResourceNotFoundException')) return { lines: [], token: token ?? '' }
    throw error
  }
}

function callOptions(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
