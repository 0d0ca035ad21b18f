import type { InstanceProposal } from '../shared/cloud'

/** A machine that can be rented; memory is that of one GPU. */
export interface InstanceFacts {
  readonly instanceType: string
  readonly gpuName: string
  readonly gpuCount: number
  readonly gpuMemoryBytes: number
  /** Its disk is its own: a volume's size has no meaning. */
  readonly ownDisk: boolean
}

/** Of a GPU's memory, the part that a run may take; the rest is the driver's and the allocator's. As on this machine. */
const comfortable = 0.92

/** Whether a run's estimate (bytes on one GPU, upper end) fits. */
export function instanceVerdict(estimateHighBytes: number | null, gpuMemoryBytes: number): InstanceProposal['verdict'] {
  if (estimateHighBytes === null) return 'not-known'
  if (estimateHighBytes <= gpuMemoryBytes * comfortable) return 'fits'
  return estimateHighBytes <= gpuMemoryBytes ? 'tight' : 'does-not-fit'
}

/**
 * The best machine and two alternatives. One GPU that fits comes before several, since a copy of the model lies on each; among those the
 * cheapest, or where no price is known the one with the least memory. Nothing fits: the largest GPUs. No estimate: the smallest machines.
 */
export function proposeInstances(table: readonly InstanceFacts[], estimateHighBytes: number | null, usdPerHour: (instanceType: string) => number | null): readonly InstanceProposal[] {
  const rank = { 'fits': 0, 'not-known': 0, 'tight': 1, 'does-not-fit': 2 } as const
  const all = table.map((facts): InstanceProposal => ({ ...facts, usdPerHour: usdPerHour(facts.instanceType), verdict: instanceVerdict(estimateHighBytes, facts.gpuMemoryBytes) }))
  const sorted = all.toSorted((a, b) => {
    const byVerdict = rank[a.verdict] - rank[b.verdict]
    if (byVerdict !== 0) return byVerdict
    if (a.verdict === 'does-not-fit' && a.gpuMemoryBytes !== b.gpuMemoryBytes) return b.gpuMemoryBytes - a.gpuMemoryBytes
    if (a.gpuCount !== b.gpuCount) return a.gpuCount - b.gpuCount
    const [priceA, priceB] = [a.usdPerHour ?? Infinity, b.usdPerHour ?? Infinity]
    return priceA === priceB ? a.gpuMemoryBytes - b.gpuMemoryBytes : priceA - priceB
  })
  // Two sizes of one family differ in CPUs only; alternatives should be other GPUs.
  const seen = new Set<string>()
  const different = sorted.filter(({ gpuName, gpuCount }) => !seen.has(`${gpuName} ${gpuCount}`) && seen.add(`${gpuName} ${gpuCount}`))
  return different.slice(0, 3)
}
