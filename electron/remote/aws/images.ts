import { AppError } from '../../shared/app-error'

/**
 * AWS's Hugging Face training images, from image_uri_config/huggingface.json of sagemaker-core and AWS's list of Deep Learning Containers.
 * Data with a date: a job's own `imageUri` counts more.
 */
export const trainingImages = {
  asOf: '2026-11-20',
  repository: 'huggingface-pytorch-training',
  tag: '2.9.0-transformers5.3.0-gpu-py312-cu130-ubuntu22.04',
  /** What comes with the image; our pins come on top, without PyTorch. */
  torch: '2.9.0',
  python: '3.12',
  /** Most regions share one registry. */
  account: '763104351884',
  shared: [
    'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'ap-northeast-1', 'ap-northeast-2', 'ap-south-1',
    'ap-southeast-1', 'ap-southeast-2', 'ca-central-1', 'sa-east-1',
  ],
  accounts: {
    'af-south-1': '626614931356', 'ap-east-1': '871362719292', 'ap-northeast-3': '364406365360', 'ap-southeast-3': '907027046896', 'ca-west-1': '204538143572', 'eu-south-1': '692866216735',
    'il-central-1': '780543022126', 'me-south-1': '217643126080', 'me-central-1': '914824155844', 'cn-north-1': '727897471807', 'cn-northwest-1': '727897471807',
    'us-gov-west-1': '442386744353', 'us-gov-east-1': '446045086412',
  } as Readonly<Record<string, string>>,
} as const

/** The image for a region. Throws JOB_REFUSED where the table knows none: the job must name its own. */
export function trainingImage(region: string): string {
  const { accounts, shared, account: common, repository, tag } = trainingImages
  const account = accounts[region] ?? ((shared as readonly string[]).includes(region) ? common : undefined)
  if (account === undefined) throw new AppError('JOB_REFUSED', `No training image is known for ${region}. Name one in the job's settings.`, { data: { reason: 'image-unknown' } })
  return `${account}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/${repository}:${tag}`
}
