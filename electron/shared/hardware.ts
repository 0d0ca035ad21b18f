import { z } from 'zod'

/**
 * What the app knows about the machine it runs on. A reading that a driver does not give is null, never 0: boards with
 * unified memory print no memory size, a GPU in MIG mode prints no utilisation, and a guess would be worse than a gap.
 */

const bytes = z.number().nonnegative()
const index = z.int().nonnegative()
const percent = z.number().min(0)

/** One process that holds memory on a GPU; name and size are null where the driver hides them (Windows WDDM, other users). */
export const GpuProcess = z
  .object({ pid: index, name: z.string().nullable(), memoryUsedBytes: bytes.nullable() })
  .readonly()
export type GpuProcess = z.infer<typeof GpuProcess>

/** One MIG instance; `uuid` (MIG-...) is what CUDA_VISIBLE_DEVICES takes, `profile` is a name such as "1g.10gb". */
export const MigDevice = z
  .object({
    index,
    uuid: z.string().nullable(),
    profile: z.string().nullable(),
    gpuInstanceId: index.nullable(),
    computeInstanceId: index.nullable(),
    memoryTotalBytes: bytes.nullable(),
    memoryUsedBytes: bytes.nullable(),
    memoryFreeBytes: bytes.nullable(),
  })
  .readonly()
export type MigDevice = z.infer<typeof MigDevice>

/** One NVIDIA GPU; `index` is the PCI order that nvidia-smi counts in, `computeCapability` a text such as "8.6". */
export const Gpu = z
  .object({
    index,
    uuid: z.string().min(1),
    name: z.string(),
    pciBusId: z.string().nullable(),
    memoryTotalBytes: bytes.nullable(),
    memoryUsedBytes: bytes.nullable(),
    memoryFreeBytes: bytes.nullable(),
    utilisationPercent: percent.nullable(),
    temperatureCelsius: z.number().nullable(),
    powerWatts: z.number().nonnegative().nullable(),
    powerLimitWatts: z.number().nonnegative().nullable(),
    computeCapability: z.string().nullable(),
    migEnabled: z.boolean(),
    migDevices: z.array(MigDevice).readonly(),
    processes: z.array(GpuProcess).readonly(),
  })
  .readonly()
export type Gpu = z.infer<typeof Gpu>

const evidence = z.string()

/**
 * What asking the NVIDIA driver led to.
 * `ok` has at least one GPU; its `warnings` are lines the driver printed beside the answer, such as a second card that is lost.
 */
export const GpuState = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('ok'),
      driverVersion: z.string().nullable(),
      cudaVersion: z.string().nullable(),
      gpus: z.array(Gpu).min(1).readonly(),
      warnings: z.array(z.string()).readonly(),
    })
    .readonly(),
  z.object({ kind: z.literal('no-gpu') }).readonly(),
  z.object({ kind: z.literal('no-driver'), evidence }).readonly(),
  z.object({ kind: z.literal('driver-mismatch'), evidence }).readonly(),
  z.object({ kind: z.literal('driver-hangs'), timeoutMs: z.number().nonnegative() }).readonly(),
  z.object({ kind: z.literal('driver-nonsense'), evidence }).readonly(),
  z.object({ kind: z.literal('gpu-lost'), evidence }).readonly(),
  z.object({ kind: z.literal('unsupported-platform'), platform: z.string() }).readonly(),
])
export type GpuState = z.infer<typeof GpuState>

/** A display adapter of any maker as the operating system names it; `memoryTotalBytes` is null where that is unknown or shared. */
export const DisplayAdapter = z
  .object({
    vendor: z.enum(['nvidia', 'amd', 'intel', 'apple', 'other']),
    name: z.string(),
    memoryTotalBytes: bytes.nullable(),
  })
  .readonly()
export type DisplayAdapter = z.infer<typeof DisplayAdapter>

/** The machine at one moment, without its host name; `otherGpus` are the adapters that are not NVIDIA's. */
export const HardwareState = z
  .object({
    probedAtMs: z.number(),
    platform: z.enum(['linux', 'win32', 'darwin', 'other']),
    gpus: GpuState,
    otherGpus: z.array(DisplayAdapter).readonly(),
    cpu: z
      .object({ model: z.string(), physicalCores: index.nullable(), logicalCores: z.int().positive() })
      .readonly(),
    memory: z.object({ totalBytes: bytes, availableBytes: bytes }).readonly(),
    disk: z.object({ path: z.string(), totalBytes: bytes, freeBytes: bytes }).readonly().nullable(),
  })
  .readonly()
export type HardwareState = z.infer<typeof HardwareState>

/**
 * One GPU in one sample. `throttled` says that heat or a power brake cuts the clocks; reaching the power limit is normal
 * under load and does not count.
 */
export const GpuSample = z
  .object({
    index,
    uuid: z.string().min(1),
    utilisationPercent: percent.nullable(),
    memoryUsedBytes: bytes.nullable(),
    memoryTotalBytes: bytes.nullable(),
    temperatureCelsius: z.number().nullable(),
    powerWatts: z.number().nonnegative().nullable(),
    powerLimitWatts: z.number().nonnegative().nullable(),
    smClockMhz: z.number().nonnegative().nullable(),
    throttled: z.boolean().nullable(),
  })
  .readonly()
export type GpuSample = z.infer<typeof GpuSample>

/** One reading of the whole machine, about once a second; `gpus` is empty while the driver gives no fresh reading. */
export const HardwareSample = z
  .object({
    tMs: z.number(),
    gpus: z.array(GpuSample).readonly(),
    cpuPercent: z.number().min(0).max(100).nullable(),
    memoryUsedBytes: bytes,
    memoryTotalBytes: bytes,
  })
  .readonly()
export type HardwareSample = z.infer<typeof HardwareSample>
