import type { AwsConnection, ConnectionCheck, OpenaiConnection } from '../../electron/shared/connection'

export const awsConfig: AwsConnection = {
  kind: 'aws', name: 'Work', profile: 'work', region: 'us-east-1', roleArn: 'arn:aws:iam::123456789012:role/tunesmith-training', bucket: 'tunesmith-data', prefix: 'team/a',
  kmsKeyArn: null, vpc: null, tags: [], reachesPypi: true,
}
export const openaiConfig: OpenaiConnection = { kind: 'openai', name: 'Foundry', preset: 'azure', baseUrl: 'https://example.openai.azure.com/openai/v1', organization: null, project: null }

export const goodCheck: ConnectionCheck = { atMs: 1000, items: [{ id: 'identity', label: 'Login', state: 'ok', detail: 'account 1', fix: null, command: null }], bases: [], quotas: {} }
