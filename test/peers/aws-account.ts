// What an AWS account must hold before a job can run: a user with a key, an execution role and a bucket, made in moto.
import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import type { AwsConnection } from '../../electron/shared/connection'
import { peerClient, peerS3 } from './s3-folder'

const trust = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' }] })

export interface PreparedAccount {
  readonly connection: AwsConnection
  /** The user's key, as AWS's own variables. */
  readonly env: Readonly<Record<string, string>>
}

export async function prepareAccount(moto: string): Promise<PreparedAccount> {
  const iam = new IAMClient(peerClient(moto))
  const s3 = peerS3(moto)
  const { Role: role } = await iam.send(new CreateRoleCommand({ RoleName: 'training', AssumeRolePolicyDocument: trust }))
  await iam.send(new CreateUserCommand({ UserName: 'ada' }))
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ada' }))
  await s3.send(new CreateBucketCommand({ Bucket: 'tunesmith-work' }))
  iam.destroy()
  s3.destroy()
  return {
    connection: {
      kind: 'aws', name: 'Our account', profile: null, region: 'us-east-1', roleArn: role?.Arn ?? '', bucket: 'tunesmith-work', prefix: 'team', kmsKeyArn: null, vpc: null, tags: [], reachesPypi: true,
    },
    env: { AWS_ACCESS_KEY_ID: key?.AccessKeyId ?? '', AWS_SECRET_ACCESS_KEY: key?.SecretAccessKey ?? '' },
  }
}
