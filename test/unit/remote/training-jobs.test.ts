import { describe, expect, it } from 'vitest'
import { trainingImage, trainingImages } from '../../../electron/remote/aws/images'
import { jobNameOf, trainingJobRequest } from '../../../electron/remote/aws/training-jobs'
import type { TrainingJobPlan } from '../../../electron/remote/aws/training-jobs'
import { AwsConnection } from '../../../electron/shared/connection'
import { SagemakerOptions } from '../../../electron/shared/cloud'
import { serviceModel } from '../../peers/service-model'
import { sagemakerSpec } from '../../support/sagemaker-place'

const connection = AwsConnection.parse({
  kind: 'aws', name: 'A', profile: null, region: 'us-east-1', roleArn: 'arn:aws:iam::123456789012:role/x', bucket: 'my-bucket', prefix: 'p', kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/1',
  vpc: { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] }, tags: [{ key: 'team', value: 'a' }], reachesPypi: true,
})
function plan(cloud: Partial<SagemakerOptions> = {}, changes: Partial<TrainingJobPlan> = {}): TrainingJobPlan {
  const options = SagemakerOptions.parse(sagemakerSpec({}, cloud).cloud)
  return {
    jobId: 'job_0000000000000001', name: 'Ünïcode <run> "1"', jobName: jobNameOf('job_0000000000000001'), options, connection, source: 's3://my-bucket/p/sourcedir.tar.gz',
    channels: { train: 's3://my-bucket/p/inputs/a/', model: 's3://my-bucket/p/inputs/b/' }, output: 's3://my-bucket/p', checkpoints: 's3://my-bucket/p/checkpoints', ...changes,
  }
}
const problems = (given: TrainingJobPlan) => serviceModel('sagemaker/2017-07-24').requestProblems('CreateTrainingJob', JSON.parse(JSON.stringify(trainingJobRequest(given))))

describe('trainingJobRequest', () => {
  it('is what AWS\'s own model accepts, with every option (catches a field that SageMaker refuses)', () => {
    expect(problems(plan())).toEqual([])
    expect(problems(plan({ spot: true, maxWaitSeconds: 7200, instanceType: 'ml.p3.2xlarge', instanceCount: 4, imageUri: '123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1' }))).toEqual([])
    expect(problems({ ...plan(), connection: { ...connection, kmsKeyArn: null, vpc: null, tags: [] } })).toEqual([])
  })

  it('refuses before it sends what AWS would refuse (catches bounds that are wider than AWS\'s)', () => {
    const wrong: readonly TrainingJobPlan[] = [
      plan({}, { jobName: 'bad name_!' }), plan({}, { jobName: 'x'.repeat(64) }), plan({}, { connection: { ...connection, roleArn: 'arn:aws:iam::1:role/x' } }), { ...plan(), options: { ...plan().options, imageUri: 'x'.repeat(256) } },
      plan({}, { channels: {} }), plan({}, { channels: Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`c${index}`, 's3://b/k'])) }), plan({}, { output: 'no address' }),
      { ...plan(), options: { ...plan().options, volumeGb: 0 } }, { ...plan(), options: { ...plan().options, maxRunSeconds: 0 } }, plan({}, { source: `s3://b/${'x'.repeat(2500)}` }),
      plan({}, { connection: { ...connection, tags: Array.from({ length: 49 }, (_, index) => ({ key: `k${index}`, value: '' })) } }), plan({ spot: true, maxRunSeconds: 3600, maxWaitSeconds: 60 }),
    ]
    for (const given of wrong) expect(() => trainingJobRequest(given)).toThrow(/SageMaker would refuse/)
  })

  it('starts torchrun exactly where there is more than one GPU (catches eight GPUs of which seven idle)', () => {
    const torchrun = (cloud: Partial<SagemakerOptions>) => trainingJobRequest(plan(cloud)).HyperParameters['sagemaker_torch_distributed_enabled']
    expect(torchrun({ instanceType: 'ml.g5.xlarge' })).toBe(undefined)
    expect(torchrun({ instanceType: 'ml.g5.12xlarge' })).toBe('true')
    expect(torchrun({ instanceType: 'ml.g5.xlarge', instanceCount: 2 })).toBe('true')
  })

  it('gives no key for a disk of the machine\'s own, and no secret at all (catches a refused request, and a token in Describe)', () => {
    expect(trainingJobRequest(plan({ instanceType: 'ml.g5.xlarge' })).ResourceConfig.VolumeKmsKeyId).toBe(undefined)
    expect(trainingJobRequest(plan({ instanceType: 'ml.p3.2xlarge' })).ResourceConfig.VolumeKmsKeyId).toBe(connection.kmsKeyArn)
    expect(JSON.stringify(trainingJobRequest(plan({ hubTokenSecret: 'my-secret' })))).not.toContain('my-secret')
  })

  it('names an image for each region of the table, and none for another (catches an account of another partition)', () => {
    expect(trainingImage('eu-west-1')).toBe(`763104351884.dkr.ecr.eu-west-1.amazonaws.com/huggingface-pytorch-training:${trainingImages.tag}`)
    expect(trainingImage('cn-north-1')).toContain('727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/')
    expect(() => trainingImage('mars-north-1')).toThrow(/No training image/)
  })
})
