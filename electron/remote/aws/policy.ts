import type { AwsConnection } from '../../shared/connection'

/** What an action is done to; a statement of the policy names the same in this account's own words. */
export type PolicyTarget = 'jobs' | 'job-list' | 'role' | 'bucket' | 'objects' | 'log-group' | 'log-streams' | 'key' | 'caller' | 'anything'

export interface NeededAction {
  readonly action: string
  readonly target: PolicyTarget
  /** `run`: no job goes without it. `check`: without it the check says "not known", or a price is not fetched. */
  readonly need: 'run' | 'check'
}

const of = (target: PolicyTarget, need: NeededAction['need'], ...actions: readonly string[]): readonly NeededAction[] => actions.map((action) => ({ action, target, need }))

/** Every action of AWS that the app asks for with the user's login: the least policy is made of it, and the check simulates it. */
export const neededActions: readonly NeededAction[] = [
  ...of('jobs', 'run', 'sagemaker:CreateTrainingJob', 'sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob', 'sagemaker:AddTags', 'sagemaker:ListTags'),
  ...of('job-list', 'run', 'sagemaker:ListTrainingJobs'),
  ...of('role', 'run', 'iam:PassRole'),
  ...of('bucket', 'run', 's3:ListBucket', 's3:ListBucketMultipartUploads'),
  ...of('objects', 'run', 's3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'),
  ...of('log-group', 'run', 'logs:DescribeLogStreams'),
  ...of('log-streams', 'run', 'logs:GetLogEvents'),
  ...of('key', 'run', 'kms:GenerateDataKey', 'kms:Decrypt', 'kms:DescribeKey', 'kms:CreateGrant'),
  ...of('role', 'check', 'iam:GetRole'),
  ...of('caller', 'check', 'iam:GetRole', 'iam:SimulatePrincipalPolicy'),
  ...of('anything', 'check', 'servicequotas:ListServiceQuotas', 'servicequotas:ListAWSDefaultServiceQuotas', 'pricing:GetProducts'),
]

/** Training jobs that the app makes have this in front; the policy lets it touch no other. */
export const jobNamePrefix = 'tunesmith-'

export interface PolicyStatement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}
export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly PolicyStatement[]
}

/** What the user's login needs, and no more: one statement per target, narrowed to this connection's bucket, prefix, role, key and jobs. */
export function leastPolicy(config: AwsConnection): PolicyDocument {
  const targets = [...new Set(neededActions.map(({ target }) => target))].filter((target) => target !== 'key' || config.kmsKeyArn !== null)
  return { Version: '2012-10-17', Statement: targets.flatMap((target) => (target === 'role' ? roleStatements(config) : [statementOf(config, target)])) }
}

/** PassRole has a condition that GetRole lacks. */
function roleStatements(config: AwsConnection): readonly PolicyStatement[] {
  const common = { Effect: 'Allow', Resource: resourcesOf(config, 'role') } as const
  return [
    { Sid: 'TunesmithPassRole', Action: ['iam:PassRole'], ...common, Condition: { StringEquals: { 'iam:PassedToService': passedTo } } },
    { Sid: 'TunesmithLookAtRole', Action: neededActions.filter(({ target, action }) => target === 'role' && action !== 'iam:PassRole').map(({ action }) => action), ...common },
  ]
}

function statementOf(config: AwsConnection, target: PolicyTarget): PolicyStatement {
  return {
    Sid: `Tunesmith${sids[target]}`, Effect: 'Allow', Action: neededActions.filter((needed) => needed.target === target).map(({ action }) => action), Resource: resourcesOf(config, target),
    ...(target === 'bucket' && config.prefix !== '' ? { Condition: listCondition(config) } : {}),
  }
}

/** A look at the bucket itself names no prefix, so the condition holds only where there is one. */
const listCondition = ({ prefix }: AwsConnection) => ({ StringLikeIfExists: { 's3:prefix': [prefix, `${prefix}/*`] } })

/** The service that a training role is given to; the same in every partition. */
export const passedTo = 'sagemaker.amazonaws.com'

const sids: Readonly<Record<PolicyTarget, string>> = {
  'jobs': 'Jobs', 'job-list': 'JobList', 'role': 'Role', 'bucket': 'Bucket', 'objects': 'Objects', 'log-group': 'LogGroup', 'log-streams': 'LogStreams', 'key': 'Key', 'caller': 'CheckLogin', 'anything': 'CheckQuotasAndPrices',
}

/** The resources of a target, as a policy names them. Also what the check simulates, but for `caller`. */
export function resourcesOf(config: AwsConnection, target: PolicyTarget): readonly string[] {
  const { partition, account } = partsOfRole(config.roleArn)
  const { region, bucket } = config
  const arn = (service: string, rest: string, place = `${region}:${account}`): string => `arn:${partition}:${service}:${place}:${rest}`
  switch (target) {
    case 'jobs': return [arn('sagemaker', `training-job/${jobNamePrefix}*`)]
    case 'role': return [config.roleArn]
    case 'bucket': return [arn('s3', bucket, ':')]
    case 'objects': return [arn('s3', `${bucket}/${config.prefix === '' ? '' : `${config.prefix}/`}*`, ':')]
    case 'log-group': return [arn('logs', `log-group:${logGroup}:*`)]
    case 'log-streams': return [arn('logs', `log-group:${logGroup}:log-stream:${jobNamePrefix}*`)]
    case 'key': return config.kmsKeyArn === null ? [] : [config.kmsKeyArn]
    case 'caller': return [arn('iam', 'user/*', `:${account}`), arn('iam', 'role/*', `:${account}`)]
    case 'job-list':
    case 'anything': return ['*']
  }
}

const logGroup = '/aws/sagemaker/TrainingJobs'

/** `arn:aws:iam::123456789012:role/path/name` in its parts. */
export function partsOfRole(roleArn: string): { readonly partition: string; readonly account: string; readonly name: string } {
  const [, partition = 'aws', , , account = ''] = roleArn.split(':')
  return { partition, account, name: roleArn.split('/').at(-1) ?? '' }
}

/** What the role needs that jobs run as: its image, its data, its log, and where they are used the key, the network and the hub's token. */
export function leastRolePolicy(config: AwsConnection, hubTokenSecret: string | null = null): PolicyDocument {
  const { partition, account } = partsOfRole(config.roleArn)
  const allow = (Sid: string, Action: readonly string[], Resource: readonly string[]): PolicyStatement => ({ Sid, Effect: 'Allow', Action, Resource })
  return {
    Version: '2012-10-17',
    Statement: [
      allow('Objects', ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], resourcesOf(config, 'objects')),
      allow('Bucket', ['s3:ListBucket'], resourcesOf(config, 'bucket')),
      allow('Logs', ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'], resourcesOf(config, 'log-group')),
      allow('Metrics', ['cloudwatch:PutMetricData'], ['*']),
      allow('Image', ['ecr:GetAuthorizationToken', 'ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'], ['*']),
      ...(config.kmsKeyArn === null ? [] : [allow('Key', ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:DescribeKey', 'kms:CreateGrant'], [config.kmsKeyArn])]),
      ...(config.vpc === null ? [] : [allow('Network', [
        'ec2:CreateNetworkInterface', 'ec2:CreateNetworkInterfacePermission', 'ec2:DeleteNetworkInterface', 'ec2:DeleteNetworkInterfacePermission',
        'ec2:DescribeNetworkInterfaces', 'ec2:DescribeVpcs', 'ec2:DescribeDhcpOptions', 'ec2:DescribeSubnets', 'ec2:DescribeSecurityGroups',
      ], ['*'])]),
      ...(hubTokenSecret === null ? [] : [allow('HubToken', ['secretsmanager:GetSecretValue'], [`arn:${partition}:secretsmanager:${config.region}:${account}:secret:${hubTokenSecret}-*`])]),
    ],
  }
}
