// Jobs of a few lines of Python for tests of the tests' AWS: a source archive in S3 and a request to create the job.
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { S3Client } from '@aws-sdk/client-s3'
import type { CreateTrainingJobCommandInput } from '@aws-sdk/client-sagemaker'
import { packFolders } from './s3-folder'

export const testBucket = 'tunesmith-tests'
export const testRole = 'arn:aws:iam::123456789012:role/tunesmith-training'

export async function makeBucket(s3: S3Client): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: testBucket }))
}

/** Puts `train.py` and a channel with one file at s3://bucket/<name>/. */
export async function putScript(s3: S3Client, name: string, script: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-source-'))
  try {
    writeFileSync(join(folder, 'train.py'), script)
    await packFolders([folder], `${folder}.tar.gz`)
    await s3.send(new PutObjectCommand({ Bucket: testBucket, Key: `${name}/sourcedir.tar.gz`, Body: readFileSync(`${folder}.tar.gz`) }))
    await s3.send(new PutObjectCommand({ Bucket: testBucket, Key: `${name}/data/part/rows.jsonl`, Body: '{"text":"a"}\n{"text":"b"}\n' }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
    rmSync(`${folder}.tar.gz`, { force: true })
  }
}

/** A request as an app sends it, for the script at s3://bucket/<name>/; `more` replaces members of it. */
export function scriptJob(name: string, more: Partial<CreateTrainingJobCommandInput> = {}): CreateTrainingJobCommandInput {
  const uri = `s3://${testBucket}/${name}`
  return {
    TrainingJobName: name, RoleArn: testRole,
    AlgorithmSpecification: {
      TrainingImage: '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.9.0-gpu-py312', TrainingInputMode: 'File', MetricDefinitions: [{ Name: 'train:loss', Regex: 'loss=([0-9.]+)' }],
    },
    HyperParameters: { sagemaker_program: '"train.py"', sagemaker_submit_directory: `"${uri}/sourcedir.tar.gz"`, sagemaker_region: '"us-east-1"', epochs: '3' },
    InputDataConfig: [{ ChannelName: 'train', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `${uri}/data`, S3DataDistributionType: 'FullyReplicated' } } }],
    OutputDataConfig: { S3OutputPath: `${uri}/out` },
    ResourceConfig: { InstanceType: 'ml.g5.2xlarge', InstanceCount: 1, VolumeSizeInGB: 30 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    Tags: [{ Key: 'tunesmith', Value: name }],
    ...more,
  }
}
