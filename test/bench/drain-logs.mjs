// A bare loop of the SDK over one log stream, from its head to its end, that looks at nothing. Prints {"lines", "ms"}; the time is from the first request.
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'

const [logGroupName, logStreamName] = process.argv.slice(2)
const client = new CloudWatchLogsClient({ maxAttempts: 1 })
const began = performance.now()
let lines = 0
for (let nextToken; ; ) {
  const { events = [], nextForwardToken } = await client.send(new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true, nextToken }))
  lines += events.length
  if (nextForwardToken === nextToken) break
  nextToken = nextForwardToken
}
process.stdout.write(JSON.stringify({ lines, ms: performance.now() - began }))
client.destroy()
