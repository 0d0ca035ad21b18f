import { describe, expect, it } from 'vitest'
import { leastPolicy, leastRolePolicy, neededActions, resourcesOf } from '../../../electron/remote/aws/policy'
import type { PolicyDocument } from '../../../electron/remote/aws/policy'
import { awsConfig } from '../../support/cloud-connections'

const withKey = { ...awsConfig, kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/1' }
const actionsOf = ({ Statement }: PolicyDocument): readonly string[] => Statement.flatMap(({ Action }) => Action)

describe('the least policy of a login', () => {
  it('allows exactly what the app needs, with a key and without one (catches a statement that was forgotten, or a star)', () => {
    const sorted = (actions: readonly string[]): readonly string[] => [...new Set(actions)].sort()
    expect(sorted(actionsOf(leastPolicy(withKey)))).toEqual(sorted(neededActions.map(({ action }) => action)))
    expect(sorted(actionsOf(leastPolicy(awsConfig)))).toEqual(sorted(neededActions.filter(({ target }) => target !== 'key').map(({ action }) => action)))
    expect(actionsOf(leastPolicy(withKey)).filter((action) => action.includes('*'))).toEqual([])
  })
  it('is narrowed to our jobs, the prefix, the role and the log, and open only where AWS knows no resource (catches a policy for the whole account)', () => {
    const { Statement } = leastPolicy(withKey)
    expect(Statement.filter(({ Resource }) => Resource.includes('*')).flatMap(({ Action }) => Action)).toEqual(['sagemaker:ListTrainingJobs', 'servicequotas:ListServiceQuotas', 'servicequotas:ListAWSDefaultServiceQuotas', 'pricing:GetProducts'])
    const resource = (action: string) => Statement.filter(({ Action }) => Action.includes(action)).flatMap(({ Resource }) => Resource)
    expect(resource('sagemaker:CreateTrainingJob')).toEqual(['arn:aws:sagemaker:us-east-1:123456789012:training-job/tunesmith-*'])
    expect(resource('s3:PutObject')).toEqual(['arn:aws:s3:::tunesmith-data/team/a/*'])
    expect(resource('s3:ListBucket')).toEqual(['arn:aws:s3:::tunesmith-data'])
    expect(resource('iam:PassRole')).toEqual([awsConfig.roleArn])
    expect(resource('logs:GetLogEvents')).toEqual(['arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/TrainingJobs:log-stream:tunesmith-*'])
    expect(Statement.map(({ Sid }) => Sid)).toEqual([...new Set(Statement.map(({ Sid }) => Sid))])
  })
  it('passes the role to SageMaker only, and a bucket without prefix is listed whole (catches a role that any service may be given)', () => {
    const of = (config: typeof awsConfig, action: string) => leastPolicy(config).Statement.find(({ Action }) => Action.includes(action))
    expect(of(awsConfig, 'iam:PassRole')?.Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } })
    expect(of(awsConfig, 's3:ListBucket')?.Condition).toEqual({ StringLikeIfExists: { 's3:prefix': ['team/a', 'team/a/*'] } })
    expect(of({ ...awsConfig, prefix: '' }, 's3:ListBucket')?.Condition).toBeUndefined()
    expect(resourcesOf({ ...awsConfig, prefix: '' }, 'objects')).toEqual(['arn:aws:s3:::tunesmith-data/*'])
  })
  it('follows the partition of the role (catches a policy for China that names nothing)', () => {
    const china = { ...awsConfig, region: 'cn-north-1', roleArn: 'arn:aws-cn:iam::123456789012:role/r' }
    expect(JSON.stringify(leastPolicy(china))).not.toContain('arn:aws:')
    expect(JSON.stringify(leastRolePolicy(china))).not.toContain('arn:aws:')
  })
})

describe('the policy of the role', () => {
  it('grows with the key, the network and the secret (catches a job that can\'t read its own data)', () => {
    const sids = (document: PolicyDocument) => document.Statement.map(({ Sid }) => Sid)
    const common = ['Objects', 'Bucket', 'Logs', 'Metrics', 'Image']
    expect(sids(leastRolePolicy(awsConfig))).toEqual(common)
    const vpc = { subnetIds: ['subnet-0123abcd'], securityGroupIds: ['sg-0123abcd'] }
    expect(sids(leastRolePolicy({ ...withKey, vpc }, 'hub-token'))).toEqual([...common, 'Key', 'Network', 'HubToken'])
    expect(JSON.stringify(leastRolePolicy(awsConfig, 'hub-token'))).toContain('arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-token-*')
  })
})
