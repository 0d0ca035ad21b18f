// Sends a container's output to CloudWatch Logs as SageMaker does: one event per line, in order, one stream per host and attempt.
import { CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { every } from './periodic'

export const logGroup = '/aws/sagemaker/TrainingJobs'
const maxEventBytes = 250_000
const maxBatchEvents = 2000
const maxBatchBytes = 900_000

export interface LogShipper {
  /** Output of one host, cut anywhere. */
  write(text: string): void
  /** Sends all there is, an unfinished line included. */
  close(): Promise<void>
}

interface LogLine {
  readonly timestamp: number
  readonly message: string
}

export async function openLogShipper(logs: CloudWatchLogsClient, stream: string, onLine: (line: string) => void): Promise<LogShipper> {
  await logs.send(new CreateLogGroupCommand({ logGroupName: logGroup })).catch(ifExists)
  await logs.send(new CreateLogStreamCommand({ logGroupName: logGroup, logStreamName: stream })).catch(ifExists)
  const waiting: LogLine[] = []
  let rest = ''

  const add = (line: string): void => {
    onLine(line)
    // CloudWatch takes no empty message, and splits what is too long.
    for (let from = 0; from < line.length; from += maxEventBytes) waiting.push({ timestamp: Date.now(), message: line.slice(from, from + maxEventBytes) })
  }
  const send = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = takeBatch(waiting)
      await logs.send(new PutLogEventsCommand({ logGroupName: logGroup, logStreamName: stream, logEvents: batch }))
    }
  }
  const sending = every(200, send)
  return {
    write(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) add(line.replace(/\r$/, ''))
    },
    async close() {
      if (rest !== '') add(rest)
      rest = ''
      await sending.stop()
      await send()
    },
  }
}

function takeBatch(waiting: LogLine[]): LogLine[] {
  let bytes = 0
  let count = 0
  while (count < waiting.length && count < maxBatchEvents && bytes < maxBatchBytes) bytes += Buffer.byteLength(waiting[count++]?.message ?? '') + 26
  return waiting.splice(0, count)
}

function ifExists(error: unknown): void {
  if (!(error instanceof Error && error.name === 'ResourceAlreadyExistsException')) throw error
}
