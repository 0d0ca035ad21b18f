/** Which CUDA build of torch 2.13 a driver can run. Versions of NVIDIA's minimum drivers: CUDA release notes, table 3 (minor-version compatibility). */
export interface CudaBuild {
  readonly name: 'cu130' | 'cu126'
  readonly indexUrl: string
}

const builds: readonly (CudaBuild & { readonly minimumDriver: { readonly linux: number; readonly win32: number } })[] = [
  { name: 'cu130', indexUrl: 'https://download.pytorch.org/whl/cu130', minimumDriver: { linux: 580, win32: 580 } },
  { name: 'cu126', indexUrl: 'https://download.pytorch.org/whl/cu126', minimumDriver: { linux: 525, win32: 528 } },
]

/** The index of CPU builds; used where it can be reached and nothing nearer offers one. */
export const cpuBuildIndexUrl = 'https://download.pytorch.org/whl/cpu'

export type CudaBuildChoice =
  | { readonly kind: 'build'; readonly build: CudaBuild }
  | { readonly kind: 'driver-too-old'; readonly needed: number }
  | { readonly kind: 'driver-not-known' }
  | { readonly kind: 'unsupported-platform' }

/** Chooses by the driver's major version, the newest build first. */
export function chooseCudaBuild(driverVersion: string | null, platform: string): CudaBuildChoice {
  if (platform !== 'linux' && platform !== 'win32') return { kind: 'unsupported-platform' }
  const major = Number(/^\d+/.exec(driverVersion ?? '')?.[0] ?? Number.NaN)
  if (!Number.isFinite(major)) return { kind: 'driver-not-known' }
  for (const { name, indexUrl, minimumDriver } of builds) if (major >= minimumDriver[platform]) return { kind: 'build', build: { name, indexUrl } }
  return { kind: 'driver-too-old', needed: Math.min(...builds.map((build) => build.minimumDriver[platform])) }
}
