import type { InstanceFacts } from '../../domain/instance-choice'

const gib = 2 ** 30
const families = {
  // GPU memory from image_uri_config/instance_gpu_info.json of sagemaker-core, in MiB as the driver reports it, rounded down to whole GiB.
  g4dn: { gpuName: 'NVIDIA T4', gpuMemoryBytes: 15 * gib, ownDisk: true },
  g5: { gpuName: 'NVIDIA A10G', gpuMemoryBytes: 22 * gib, ownDisk: true },
  g6: { gpuName: 'NVIDIA L4', gpuMemoryBytes: 22 * gib, ownDisk: true },
  g6e: { gpuName: 'NVIDIA L40S', gpuMemoryBytes: 44 * gib, ownDisk: true },
  g7e: { gpuName: 'NVIDIA RTX PRO 6000', gpuMemoryBytes: 95 * gib, ownDisk: true },
  p3: { gpuName: 'NVIDIA V100', gpuMemoryBytes: 15 * gib, ownDisk: false },
  p4d: { gpuName: 'NVIDIA A100 40GB', gpuMemoryBytes: 39 * gib, ownDisk: true },
  p4de: { gpuName: 'NVIDIA A100 80GB', gpuMemoryBytes: 79 * gib, ownDisk: true },
  p5: { gpuName: 'NVIDIA H100', gpuMemoryBytes: 79 * gib, ownDisk: true },
  p5e: { gpuName: 'NVIDIA H200', gpuMemoryBytes: 140 * gib, ownDisk: true },
} as const
type Family = keyof typeof families

const sizes: Readonly<Record<Family, Readonly<Record<string, number>>>> = {
  g4dn: { 'xlarge': 1, '2xlarge': 1, '12xlarge': 4 },
  g5: { 'xlarge': 1, '2xlarge': 1, '4xlarge': 1, '8xlarge': 1, '12xlarge': 4, '24xlarge': 4, '48xlarge': 8 },
  g6: { 'xlarge': 1, '2xlarge': 1, '4xlarge': 1, '8xlarge': 1, '12xlarge': 4, '24xlarge': 4, '48xlarge': 8 },
  g6e: { 'xlarge': 1, '2xlarge': 1, '4xlarge': 1, '8xlarge': 1, '12xlarge': 4, '24xlarge': 4, '48xlarge': 8 },
  g7e: { '2xlarge': 1, '4xlarge': 1, '12xlarge': 2 },
  p3: { '2xlarge': 1 },
  p4d: { '24xlarge': 8 },
  p4de: { '24xlarge': 8 },
  p5: { '4xlarge': 1, '48xlarge': 8 },
  p5e: { '48xlarge': 8 },
}

/** GPU machines for training jobs. Data with a date; a type that is not here can be typed by hand. */
export const trainingInstances: { readonly asOf: string; readonly table: readonly InstanceFacts[] } = {
  asOf: '2026-11-20',
  table: (Object.keys(families) as Family[]).flatMap((family) => Object.entries(sizes[family]).map(([size, gpuCount]) => ({ instanceType: `ml.${family}.${size}`, gpuCount, ...families[family] }))),
}

/** What the table knows of a type; null: nothing. */
export function instanceFacts(instanceType: string): InstanceFacts | null {
  return trainingInstances.table.find((facts) => facts.instanceType === instanceType) ?? null
}
