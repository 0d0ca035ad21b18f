import type { Price } from '../../shared/money'

const source = 'Copies of the AWS Price List (SageMaker training) in public repositories, which agree with each other'
const asOf = '2026-07-02'
/** Where these prices hold; those of other regions are fetched or entered. */
const regions = ['us-east-1', 'us-west-2']

/**
 * US dollars per hour of training, by family and size. p4 and p5 are left out on purpose: published tables contradict each other since the
 * cut of June 2025.
 */
const families: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  g4dn: { xlarge: 0.736 },
  g5: { 'xlarge': 1.408, '2xlarge': 1.515, '4xlarge': 2.03, '8xlarge': 3.06, '12xlarge': 7.09, '24xlarge': 10.18, '48xlarge': 20.36 },
  g6: { 'xlarge': 1.127, '2xlarge': 1.222, '4xlarge': 1.654, '8xlarge': 2.518, '12xlarge': 5.752, '24xlarge': 8.344, '48xlarge': 16.688 },
  g6e: { 'xlarge': 2.61, '2xlarge': 2.8, '4xlarge': 3.76, '8xlarge': 5.66, '12xlarge': 13.12, '24xlarge': 18.83, '48xlarge': 37.66 },
  g7e: { '2xlarge': 4.2, '4xlarge': 5, '12xlarge': 10.36 },
  p3: { '2xlarge': 3.825 },
}

export const sagemakerPrices: readonly Price[] = Object.entries(families).flatMap(([family, sizes]) =>
  Object.entries(sizes).flatMap(([size, usd]) =>
    regions.map((region): Price => ({ place: 'sagemaker', item: `ml.${family}.${size}`, region, unit: 'instance-hour', usd, source, asOf, origin: 'shipped' })),
  ),
)
