import type { FitVerdict, KnownMemoryEstimate, MemoryEstimate, MemoryPart, MemoryPartName, NotKnown } from '../shared/estimate'
import type { LocalBackendId } from '../shared/cloud'
import type { Method, TargetModules } from '../shared/job-spec'
import type { ByteRange } from '../shared/plan'
import { adapterParameters, totalParameters, type ModelShape } from './model-shape'

export type AttentionKind = 'eager' | 'sdpa' | 'flash'

/** `plain`: the whole logit matrix in float32; `plain-16-bit`: kept in 16 bit; `chunked`: TRL's chunked_nll; `fused`: Unsloth's, Liger's, CCE. */
export type LossKind = 'plain' | 'plain-16-bit' | 'chunked' | 'fused'

/** What the memory of one training process depends on. */
export interface MemoryEstimateInput {
  readonly shape: ModelShape
  readonly method: Method
  readonly rank: number
  readonly targetModules: TargetModules
  /** Tokens per row. */
  readonly maxLength: number
  /** Rows per forward pass. */
  readonly microBatch: number
  readonly gradientCheckpointing: boolean
  readonly attention: AttentionKind
  readonly loss: LossKind
  readonly optimizer: 'adamw-32-bit' | 'adamw-8-bit'
  /** `deepspeed` trains in 16 bit with a float32 master copy and communication buckets. */
  readonly trainer: LocalBackendId | 'deepspeed'
  readonly device: 'cuda' | 'cpu'
  /** Precision of the weights that are not quantised. */
  readonly weightPrecision: '16-bit' | 'float32'
  /** Read for `qlora` alone. */
  readonly quantisation: 'nf4' | 'nf4-double' | 'int4-grouped'
}

/** Low, middle and high of one part. */
interface Range {
  readonly low: number
  readonly middle: number
  readonly high: number
}

/** Bytes per weight of a 4-bit layer: half a byte and the scale of each block (64 for NF4, 128 for GPTQ; double quantisation shrinks it). */
const quantisedBytes = { nf4: 0.5625, 'nf4-double': 0.5159, 'int4-grouped': 0.52 } as const

/** Bytes per logit while the loss and its gradient are computed: the model's 16-bit logits and up to four float32 copies. */
const plainLogitBytes: Range = { low: 13, middle: 16, high: 18 }
const plain16LogitBytes: Range = { low: 7, middle: 10, high: 13 }

/** Tokens whose logits live at once. TRL's chunk is 256; a fused loss sizes its chunks by what is free, so its range is wide. */
const chunkTokens = 256
const chunkLogitBytes: Range = { low: 12, middle: 20, high: 26 }
const fusedTokens: Range = { low: 64, middle: 512, high: 2048 }

/** How far activations were off the formula, as factors: the residual stream may be held once or twice. */
const checkpointSpread: Range = { low: 0.9, middle: 1, high: 1.5 }
const layerSpread: Range = { low: 0.85, middle: 1, high: 1.15 }
const weightSpread: Range = { low: 0.99, middle: 1, high: 1.02 }

/** DeepSpeed: two buckets of 2e8 16-bit elements; while it steps, float32 gradients of up to 1e9 elements are copied once more. */
const deepspeedBucketBytes = 2 * 2e8 * 2
const deepspeedSubgroup = 1e9

/** Device context and libraries in bytes, then fragmentation as a share of what is allocated. */
const contextBytes = { cuda: { low: 0.14e9, middle: 0.6e9, high: 0.9e9 }, cpu: { low: 0.4e9, middle: 0.8e9, high: 1.5e9 } } as const
const fragmentation: Range = { low: 0, middle: 0.05, high: 0.1 }
const eagerFragmentation: Range = { low: 0, middle: 0.07, high: 0.2 }

function times(range: Range, factor: number): Range {
  return { low: range.low * factor, middle: range.middle * factor, high: range.high * factor }
}

function plus(a: Range, b: Range): Range {
  return { low: a.low + b.low, middle: a.middle + b.middle, high: a.high + b.high }
}

function exactly(value: number): Range {
  return { low: value, middle: value, high: value }
}

/** Bytes of one trained parameter beside the base: its weight, gradient and optimiser state. */
function trainedBytes(input: MemoryEstimateInput): { weight: number; gradient: number; optimizer: number } {
  const moments = input.optimizer === 'adamw-8-bit' ? 2 : 8
  if (input.trainer === 'deepspeed') return { weight: 2, gradient: 6, optimizer: 4 + moments }
  // Adapters are held in float32 by PEFT, whatever the base is in. TRL casts those of QLoRA to 16 bit, which needs a little less.
  if (input.method !== 'full' || input.weightPrecision === 'float32') return { weight: 4, gradient: 4, optimizer: moments }
  return { weight: 2, gradient: 2, optimizer: Math.min(moments, 4) }
}

function baseWeights(input: MemoryEstimateInput): Range {
  const { shape } = input
  const plainBytes = input.weightPrecision === 'float32' ? 4 : 2
  if (input.method === 'qlora') {
    const quantised = shape.linearParameters * quantisedBytes[input.quantisation] + (shape.embeddingParameters + shape.otherParameters) * plainBytes
    if (input.device === 'cuda') return times(weightSpread, quantised)
    // On a CPU the peak is that of LoRA: bitsandbytes makes the float32 weights there as it loads and as it computes.
    const plain = totalParameters(shape) * plainBytes
    return { low: quantised, middle: plain, high: plain + quantised }
  }
  if (input.method === 'lora') return times(weightSpread, totalParameters(shape) * plainBytes)
  const bytes = totalParameters(shape) * trainedBytes(input).weight
  // Autocast keeps a 16-bit copy of float32 weights until the forward pass ends.
  const autocastCopy = input.device === 'cuda' && input.trainer !== 'deepspeed' && input.weightPrecision === 'float32' ? 2 : 0
  const range = times(weightSpread, bytes)
  return { ...range, high: range.high + autocastCopy * totalParameters(shape) }
}

function logitBytes(input: MemoryEstimateInput, tokens: number): Range {
  const vocabulary = input.shape.vocabularySize
  switch (input.loss) {
    case 'plain':
      return times(plainLogitBytes, tokens * vocabulary)
    case 'plain-16-bit':
      return times(plain16LogitBytes, tokens * vocabulary)
    case 'chunked':
      return times(chunkLogitBytes, Math.min(tokens, chunkTokens) * vocabulary)
    case 'fused': {
      const at = (limit: number): number => Math.min(tokens, limit) * vocabulary * plainLogitBytes.middle
      return { low: at(fusedTokens.low), middle: at(fusedTokens.middle), high: at(fusedTokens.high) }
    }
  }
}

/**
 * Activations and logits at the peak. With gradient checkpointing one hidden state per layer is kept, and on top of it comes
 * either the loss or the one layer that is computed again, whichever is larger: never both.
 */
function activations(input: MemoryEstimateInput): { activations: Range; logits: Range } {
  const { shape } = input
  const tokens = input.microBatch * input.maxLength
  const compute = input.device === 'cpu' ? 4 : 2
  const residual = input.device === 'cpu' || (input.weightPrecision === 'float32' && input.trainer !== 'deepspeed') ? 4 : 2
  const query = shape.heads * shape.headSize
  const keyValue = shape.keyValueHeads * shape.headSize
  const feedForward = (shape.gatedFeedForward ? 3 : 2) * shape.feedForwardSize
  const scores = input.attention === 'eager' ? input.microBatch * shape.heads * input.maxLength ** 2 : 0
  const logits = logitBytes(input, tokens)
  if (!input.gradientCheckpointing) {
    const perToken = 12 * shape.hiddenSize + 3 * query + 2 * keyValue + feedForward
    return { activations: times(layerSpread, shape.layers * compute * (tokens * perToken + 2.9 * scores)), logits }
  }
  const spread = input.trainer === 'unsloth' && input.device === 'cuda' ? { ...checkpointSpread, low: 0 } : checkpointSpread
  const kept = times(spread, shape.layers * residual * tokens * shape.hiddenSize)
  const perToken = 4 * shape.hiddenSize + 2 * query + 2 * keyValue + feedForward
  const layer = times(layerSpread, compute * (tokens * perToken + 9 * scores))
  return logits.middle >= layer.middle ? { activations: kept, logits } : { activations: plus(kept, layer), logits: exactly(0) }
}

function asBytes(range: Range): ByteRange {
  return { lowBytes: Math.round(range.low), middleBytes: Math.round(range.middle), highBytes: Math.round(range.high) }
}

function part(name: MemoryPartName, range: Range): MemoryPart {
  return { name, ...asBytes(range) }
}

function sum(parts: readonly MemoryPart[]): ByteRange {
  return parts.reduce<ByteRange>(
    (all, one) => ({ lowBytes: all.lowBytes + one.lowBytes, middleBytes: all.middleBytes + one.middleBytes, highBytes: all.highBytes + one.highBytes }),
    { lowBytes: 0, middleBytes: 0, highBytes: 0 },
  )
}

/** An architecture that is only assumed to be laid out like Llama gets a wider range. */
function widen(range: Range, shape: ModelShape): Range {
  return shape.familyKnown ? range : { low: range.low * 0.85, middle: range.middle, high: range.high * 1.2 }
}

/**
 * Peak memory of a training process as a range, by part. The formulas are those of the EleutherAI cookbook, the QLoRA paper and
 * Korthikanti et al. 2022, with a few global constants; test/unit/domain/vram-estimate.test.ts holds them against measured runs.
 */
export function estimateMemory(input: MemoryEstimateInput): KnownMemoryEstimate {
  const { shape } = input
  const trainable = input.method === 'full' ? totalParameters(shape) : adapterParameters(shape, input.rank, input.targetModules)
  const each = trainedBytes(input)
  const peak = activations(input)
  const buckets = input.trainer === 'deepspeed' ? deepspeedBucketBytes + (input.method === 'full' ? 4 * Math.min(trainable, deepspeedSubgroup) : 0) : 0
  const parts = [
    part('weights', widen(baseWeights(input), shape)),
    part('adapter', exactly(input.method === 'full' ? 0 : trainable * each.weight)),
    part('optimizer', exactly(trainable * each.optimizer)),
    part('gradients', exactly(trainable * each.gradient + buckets)),
    part('activations', widen(peak.activations, shape)),
    part('logits', peak.logits),
  ]
  const allocated = sum(parts)
  const share = input.attention === 'eager' ? eagerFragmentation : fragmentation
  const context = contextBytes[input.device]
  const overhead = part('overhead', {
    low: context.low + share.low * allocated.lowBytes,
    middle: context.middle + share.middle * allocated.middleBytes,
    high: context.high + share.high * allocated.highBytes,
  })
  const all = [...parts, overhead]
  return { kind: 'known', ...sum(all), allocated, parts: all, trainableParameters: trainable, totalParameters: totalParameters(shape) + (input.method === 'full' ? 0 : trainable) }
}

/** The same for a model whose shape may be refused; the refusal passes through. */
export function estimateMemoryOf(shape: ModelShape | NotKnown, input: Omit<MemoryEstimateInput, 'shape'>): MemoryEstimate {
  return 'kind' in shape ? shape : estimateMemory({ ...input, shape })
}

/** Whether the estimate fits what is free now, in bytes; `tight` means that only the middle fits. */
export function fits(estimate: MemoryEstimate, freeBytes: number | null): FitVerdict {
  if (estimate.kind === 'not-known' || freeBytes === null) return 'not-known'
  if (estimate.highBytes <= freeBytes) return 'fits'
  return estimate.middleBytes <= freeBytes ? 'tight' : 'does-not-fit'
}
