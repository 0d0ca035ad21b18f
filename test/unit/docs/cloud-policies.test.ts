import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { leastPolicy, leastRolePolicy } from '../../../electron/remote/aws/policy'
import type { AwsConnection } from '../../../electron/shared/connection'

const page = readFileSync(join(resolve(import.meta.dirname, '..', '..', '..'), 'docs', 'cloud.md'), 'utf8')
const example: AwsConnection = {
  kind: 'aws', name: 'Example', profile: 'work', region: 'us-east-1', roleArn: 'arn:aws:iam::123456789012:role/tunesmith-training', bucket: 'our-bucket', prefix: 'tunesmith',
  kmsKeyArn: null, vpc: null, tags: [], reachesPypi: true,
}

it('docs/cloud.md shows the policies that the app is made for (catches a page that a user copies and that does not work)', () => {
  const shown = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json ?? '') as unknown)
  expect(shown).toEqual([leastPolicy(example), leastRolePolicy(example)])
})
